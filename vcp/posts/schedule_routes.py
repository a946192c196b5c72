"""Everything about when posts go out, for `vcp.app`: the calendar, imports, series, set times."""

from vcp.posts import calendar_routes, import_routes, series_routes, times_routes

#: Those of imports and of moving stand with the posts themselves.
BLUEPRINTS = (calendar_routes.bp, series_routes.bp, times_routes.bp)

__all__ = ["BLUEPRINTS", "import_routes"]
