"""Saved templates: the list, writing one, and starting a draft from one."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from officer_profiles import queries as personas
from officer_profiles.forms import LANGUAGES
from vcp.areas import queries as areas
from vcp.kernel.db import session, transaction
from vcp.kernel.errors import Invalid
from vcp.kernel.permissions import Permission, me, requires
from vcp.posts import gaps, saved_templates
from vcp.posts.template_forms import TemplateForm, UseTemplateForm, use_form
from vcp.posts.template_models import PostTemplate

bp = Blueprint("templates", __name__, url_prefix="/staff/posts/templates")


@bp.get("")
@requires(Permission.WRITE_POSTS)
def listed() -> ResponseReturnValue:
    """Show the templates of the person's areas, and of those around them."""
    return render_template(
        "posts/templates.html",
        templates=saved_templates.in_use(session(), me()),
        languages=dict(LANGUAGES),
        pieces_of=lambda text: next(iter(gaps.unfilled({"text": text})), None),
        may_change=lambda template: saved_templates.may_change(me(), template),
    )


@bp.get("/add")
@requires(Permission.WRITE_POSTS)
def add() -> ResponseReturnValue:
    """Show the form of a new template."""
    return _writing(TemplateForm(formdata=None))


@bp.post("/add")
@requires(Permission.WRITE_POSTS)
def save_new() -> ResponseReturnValue:
    """Save a new template."""
    form = TemplateForm()
    form.offer(areas.choices(session(), me(), Permission.WRITE_POSTS))
    if form.validate():
        try:
            with transaction() as current:
                name = form.name.data or ""
                saved_templates.add(current, form.area.data, name, form.words, by=me())
        except Invalid as error:
            form.refuse(error)
        else:
            flash("The template is saved.", "success")
            return redirect(url_for("templates.listed"))
    return _writing(form), 422


@bp.get("/<int:template_id>")
@requires(Permission.WRITE_POSTS)
def edit(template_id: int) -> ResponseReturnValue:
    """Show a template to change its words."""
    template = saved_templates.to_change(session(), template_id, by=me())
    form = TemplateForm(formdata=None)
    form.show(template)
    return _writing(form, template)


@bp.post("/<int:template_id>")
@requires(Permission.WRITE_POSTS)
def change(template_id: int) -> ResponseReturnValue:
    """Save other words for it."""
    template = saved_templates.to_change(session(), template_id, by=me())
    form = TemplateForm()
    del form.area
    if form.validate():
        try:
            with transaction() as current:
                name = form.name.data or ""
                saved_templates.change(current, template_id, name, form.words, by=me())
        except Invalid as error:
            form.refuse(error)
        else:
            flash("The template is saved. Drafts made of it before stay as they are.", "success")
            return redirect(url_for("templates.listed"))
    return _writing(form, template), 422


@bp.post("/<int:template_id>/retire")
@requires(Permission.WRITE_POSTS)
def retire(template_id: int) -> ResponseReturnValue:
    """Take it out of use."""
    with transaction() as current:
        saved_templates.retire(current, template_id, by=me())
    flash("It is out of use.", "success")
    return redirect(url_for("templates.listed"))


@bp.get("/<int:template_id>/use")
@requires(Permission.WRITE_POSTS)
def fill(template_id: int) -> ResponseReturnValue:
    """Ask for what belongs in its gaps."""
    template = saved_templates.visible_to(session(), template_id, me())
    form = use_form(template, personas.personas_of(session(), me()), formdata=None)
    return _filling(form, template)


@bp.post("/<int:template_id>/use")
@requires(Permission.WRITE_POSTS)
def use(template_id: int) -> ResponseReturnValue:
    """Start a draft with the gaps filled; it goes the usual way from there."""
    template = saved_templates.visible_to(session(), template_id, me())
    form = use_form(template, personas.personas_of(session(), me()))
    if form.validate():
        try:
            with transaction() as current:
                post = saved_templates.use(
                    current, template_id, form.persona.data, form.values, by=me()
                )
                post_id = post.id
        except Invalid as error:
            form.refuse(error)
        else:
            flash("The draft is saved. Read it, then submit it.", "success")
            return redirect(url_for("posts.edit", post_id=post_id))
    return _filling(form, template), 422


def _writing(form: TemplateForm, template: PostTemplate | None = None) -> str:
    if template is None:
        form.offer(areas.choices(session(), me(), Permission.WRITE_POSTS))
    return render_template("posts/template.html", form=form, template=template)


def _filling(form: UseTemplateForm, template: PostTemplate) -> str:
    return render_template(
        "posts/use_template.html",
        form=form,
        template=template,
        shown=next(iter(gaps.unfilled({"text": template.text})), None),
    )
