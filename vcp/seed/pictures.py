"""Drawings for the invented posts and portraits, made when the demo is made: flat shapes only."""

import io
import random
from collections.abc import Callable
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFont

from vcp.kernel.media import StoredImage, store_image
from vcp.kernel.settings import Settings

WIDTH, HEIGHT = 1200, 800
PORTRAIT = 480
#: Drawn larger and made small again: that smooths the edges.
SCALE = 2

SKY, SEA, SAND = "#cfe6f2", "#2f7ea1", "#f2e2bf"
NIGHT, NAVY, GRASS, BRICK = "#1c2b45", "#1d3557", "#7fae6b", "#b8573f"
WHITE, YELLOW, GREY = "#ffffff", "#f4c542", "#9aa5ad"
SKINS = ("#f3d1b5", "#e3b38f", "#c68b63", "#9c6644", "#6f4630", "#f7dcc4")
HAIRS = ("#2b1d14", "#5a3a22", "#8c5a2b", "#111111", "#b9b4ae", "#a2532d")


class Pen:
    """Draws in the units of the finished picture."""

    def __init__(self, width: int, height: int, ground: str) -> None:
        """Begin with one colour."""
        self.image = Image.new("RGB", (width * SCALE, height * SCALE), ground)
        self.draw = ImageDraw.Draw(self.image)

    def box(self, left: float, top: float, right: float, bottom: float, fill: str) -> None:
        """Draw a rectangle."""
        self.draw.rectangle(self._scaled(left, top, right, bottom), fill=fill)

    def disc(self, x: float, y: float, radius: float, fill: str) -> None:
        """Draw a filled circle."""
        self.draw.ellipse(self._scaled(x - radius, y - radius, x + radius, y + radius), fill=fill)

    def ring(self, x: float, y: float, radius: float, colour: str, width: float) -> None:
        """Draw a circle's line."""
        box = self._scaled(x - radius, y - radius, x + radius, y + radius)
        self.draw.ellipse(box, outline=colour, width=int(width * SCALE))

    def smile(self, x: float, y: float, radius: float, colour: str) -> None:
        """Draw the lower part of a circle."""
        box = self._scaled(x - radius, y - radius, x + radius, y + radius)
        self.draw.arc(box, 20, 160, fill=colour, width=6 * SCALE)

    def shape(self, points: list[tuple[float, float]], fill: str) -> None:
        """Draw a filled polygon."""
        self.draw.polygon([(x * SCALE, y * SCALE) for x, y in points], fill=fill)

    def line(self, points: list[tuple[float, float]], colour: str, width: float) -> None:
        """Draw a line through these points."""
        scaled = [(x * SCALE, y * SCALE) for x, y in points]
        self.draw.line(scaled, fill=colour, width=int(width * SCALE), joint="curve")

    def rounded(
        self, left: float, top: float, right: float, bottom: float, radius: float, fill: str
    ) -> None:
        """Draw a rectangle with round corners."""
        box = self._scaled(left, top, right, bottom)
        self.draw.rounded_rectangle(box, radius=radius * SCALE, fill=fill)

    def words(self, x: float, y: float, text: str, size: float, fill: str) -> None:
        """Write centred on this point."""
        font = ImageFont.load_default(size * SCALE)
        self.draw.text((x * SCALE, y * SCALE), text, fill=fill, font=font, anchor="mm")

    def finished(self) -> io.BytesIO:
        """Return the picture as a PNG file."""
        size = (self.image.width // SCALE, self.image.height // SCALE)
        made = io.BytesIO()
        self.image.resize(size, Image.Resampling.LANCZOS).save(made, "PNG")
        made.seek(0)
        return made

    @staticmethod
    def _scaled(*values: float) -> tuple[float, float, float, float]:
        left, top, right, bottom = (value * SCALE for value in values)
        return left, top, right, bottom


def _bikes() -> Pen:
    pen = Pen(WIDTH, HEIGHT, SKY)
    pen.box(0, 120, WIDTH, 560, BRICK)
    for x in (110, 420, 730, 1040):
        pen.rounded(x - 65, 190, x + 65, 400, 60, SKY)
        pen.box(x - 4, 190, x + 4, 400, BRICK)
    pen.box(0, 560, WIDTH, HEIGHT, "#c9c3b6")
    for x, colour in ((230, "#14746f"), (600, "#c1121f"), (970, YELLOW)):
        _bike(pen, x, 610, colour)
    pen.line([(60, 700), (1140, 700)], GREY, 12)
    return pen


def _bike(pen: Pen, x: float, y: float, colour: str) -> None:
    for wheel in (x - 100, x + 100):
        pen.ring(wheel, y, 72, "#222222", 9)
        pen.disc(wheel, y, 8, "#222222")
    saddle, crank, head = (x - 40, y - 95), (x - 10, y), (x + 75, y - 100)
    pen.line([(x - 100, y), saddle, head, (x + 100, y)], colour, 11)
    pen.line([(x - 100, y), crank, head], colour, 11)
    pen.line([saddle, crank], colour, 11)
    pen.line([(x + 75, y - 100), (x + 68, y - 135), (x + 105, y - 145)], "#222222", 9)
    pen.rounded(x - 72, y - 118, x - 10, y - 102, 8, "#222222")


def _harbour() -> Pen:
    pen = Pen(WIDTH, HEIGHT, "#fde3c8")
    pen.disc(880, 330, 95, "#f9a03f")
    pen.shape([(0, 420), (260, 250), (520, 420)], "#8fb39a")
    pen.shape([(320, 420), (640, 290), (960, 420)], "#79a188")
    pen.box(0, 420, WIDTH, HEIGHT, SEA)
    for y in range(460, 780, 46):
        for x in range((y * 7) % 130 - 60, WIDTH, 190):
            pen.line([(x, y), (x + 70, y)], "#5ba3c0", 5)
    for x, y, colour in ((250, 560, "#c1121f"), (610, 500, NAVY), (930, 620, "#14746f")):
        pen.shape([(x - 120, y), (x + 130, y), (x + 90, y + 60), (x - 90, y + 60)], colour)
        pen.line([(x, y), (x, y - 210)], "#5a3a22", 9)
        pen.shape([(x + 8, y - 205), (x + 8, y - 20), (x + 110, y - 20)], WHITE)
        pen.shape([(x - 8, y - 170), (x - 8, y - 20), (x - 80, y - 20)], "#f6efe2")
    return pen


def _poster() -> Pen:
    pen = Pen(WIDTH, HEIGHT, NAVY)
    pen.rounded(60, 60, WIDTH - 60, HEIGHT - 60, 36, "#fff8ea")
    pen.words(WIDTH / 2, 180, "Coffee with your local team", 66, NAVY)
    pen.words(WIDTH / 2, 680, "From 10am. No need to book.", 46, NAVY)
    pen.rounded(430, 330, 710, 580, 50, "#c1121f")
    pen.ring(715, 440, 62, "#c1121f", 26)
    pen.rounded(400, 570, 780, 600, 15, GREY)
    for x in (500, 570, 640):
        pen.line([(x, 300), (x + 16, 276), (x - 6, 252), (x + 10, 228)], GREY, 8)
    for x in (230, 960):
        pen.disc(x, 500, 84, "#c98b4b")
        for dx, dy in ((-30, -20), (20, -38), (36, 22), (-16, 34), (0, 0)):
            pen.disc(x + dx, 500 + dy, 11, "#4a2c17")
    return pen


def _lights() -> Pen:
    pen = Pen(WIDTH, HEIGHT, NIGHT)
    pen.shape([(470, 330), (730, 330), (1200, 800), (0, 800)], "#39465c")
    for top, bottom, wide in ((360, 400, 5), (450, 510, 9), (580, 690, 15)):
        pen.box(600 - wide, top, 600 + wide, bottom, WHITE)
    for x, y, tall in ((160, 700, 520), (1040, 700, 520), (390, 430, 230), (810, 430, 230)):
        pen.line([(x, y), (x, y - tall)], GREY, tall / 40)
        pen.disc(x, y - tall, tall / 4, "#5c6344")
        pen.disc(x, y - tall, tall / 14, YELLOW)
    for x, y in ((180, 90), (560, 70), (700, 170), (930, 60), (430, 150)):
        pen.disc(x, y, 5, WHITE)
    pen.disc(600, 560, 46, "#f7e39a")
    pen.disc(600, 560, 22, WHITE)
    pen.ring(600, 690, 62, "#0d1526", 14)
    pen.line([(520, 560), (680, 560)], "#0d1526", 14)
    return pen


def _keys() -> Pen:
    pen = Pen(WIDTH, HEIGHT, "#efe7da")
    pen.rounded(120, 470, 1080, 740, 40, "#d8c7a8")
    pen.ring(600, 250, 120, GREY, 20)
    for x, y, colour in ((500, 345, "#b08d57"), (612, 405, "#8d99a6")):
        pen.ring(x, y, 52, colour, 24)
        pen.box(x - 12, y + 45, x + 12, y + 230, colour)
        pen.box(x + 10, y + 160, x + 44, y + 182, colour)
        pen.box(x + 10, y + 200, x + 34, y + 222, colour)
    pen.shape([(700, 480), (830, 400), (960, 440), (1000, 520), (900, 570), (760, 560)], SEA)
    pen.shape([(990, 500), (1070, 430), (1080, 500), (1065, 570)], SEA)
    pen.disc(785, 485, 11, WHITE)
    pen.line([(700, 330), (770, 440)], GREY, 10)
    return pen


def _hill() -> Pen:
    pen = Pen(WIDTH, HEIGHT, SKY)
    pen.disc(220, 170, 80, YELLOW)
    pen.shape([(0, 520), (330, 280), (760, 560), (0, 800)], "#8fb97a")
    pen.shape([(300, 600), (850, 300), (1200, 520), (1200, 800), (0, 800)], GRASS)
    pen.shape([(560, 800), (700, 560), (790, 430), (830, 430), (800, 580), (740, 800)], SAND)
    for x in range(60, 540, 120):
        pen.box(x, 600, x + 14, 720, "#6b4a2b")
    for y in (625, 670):
        pen.line([(40, y), (560, y)], "#6b4a2b", 11)
    for x, y in ((900, 560), (1010, 620), (1090, 540)):
        pen.rounded(x - 46, y - 28, x + 46, y + 28, 28, WHITE)
        pen.disc(x + 52, y - 16, 17, "#2b2b2b")
        pen.box(x - 26, y + 24, x - 18, y + 52, "#2b2b2b")
        pen.box(x + 18, y + 24, x + 26, y + 52, "#2b2b2b")
    return pen


@dataclass(frozen=True)
class Picture:
    """A drawing, and what it shows in words."""

    draw: Callable[[], Pen]
    alt_text: str


PICTURES = {
    "bikes": Picture(
        _bikes, "Drawing: a green, a red and a yellow bicycle in front of a brick wall."
    ),
    "harbour": Picture(
        _harbour, "Drawing: three sailing boats on calm water at sunrise, with hills behind."
    ),
    "poster": Picture(
        _poster,
        "Poster with a steaming red mug and two biscuits. It says: Coffee with your local team. "
        "From 10am. No need to book.",
    ),
    "lights": Picture(
        _lights, "Drawing: a road at night, street lamps on both sides, a bicycle’s lamp ahead."
    ),
    "keys": Picture(_keys, "Drawing: two keys and a blue fish on one ring."),
    "hill": Picture(
        _hill, "Drawing: a path up a green hill, with a fence on the left and three sheep."
    ),
}


def stored_pictures(settings: Settings) -> dict[str, StoredImage]:
    """Draw every picture into the media folder; the same bytes each time."""
    return {
        name: store_image(settings, picture.draw().finished()) for name, picture in PICTURES.items()
    }


def stored_portrait(settings: Settings, chance: random.Random) -> StoredImage:
    """Draw one officer from the shoulders up, without a face of anybody's."""
    skin, hair = chance.choice(SKINS), chance.choice(HAIRS)
    ground = chance.choice((SKY, "#dfead8", "#f2e2d3", "#e4dff0"))
    pen = Pen(PORTRAIT, PORTRAIT, ground)
    middle = PORTRAIT / 2
    if chance.random() < 0.5:  # noqa: PLR2004 - one in two
        pen.rounded(middle - 98, 150, middle + 98, 340, 60, hair)
    pen.rounded(60, 360, PORTRAIT - 60, PORTRAIT + 80, 90, NAVY)
    pen.shape([(middle - 60, 360), (middle, 430), (middle + 60, 360)], WHITE)
    pen.shape(
        [(middle - 14, 392), (middle + 14, 392), (middle + 20, 480), (middle - 20, 480)], "#111111"
    )
    pen.rounded(middle - 34, 300, middle + 34, 390, 30, skin)
    pen.rounded(middle - 78, 150, middle + 78, 345, 76, skin)
    pen.box(middle - 80, 150, middle + 80, 186, hair)
    pen.rounded(middle - 112, 148, middle + 112, 172, 12, "#0d1526")
    pen.rounded(middle - 88, 62, middle + 88, 156, 40, NAVY)
    for number in range(8):
        left = middle - 88 + number * 22
        pen.box(left, 122 + (number % 2) * 12, left + 22, 134 + (number % 2) * 12, WHITE)
    pen.disc(middle, 94, 17, "#d9dde2")
    for side in (-1, 1):
        pen.disc(middle + side * 30, 232, 7, "#2b1d14")
    pen.smile(middle, 274, 30, "#7a3b2e")
    for side in (-1, 1):
        pen.box(middle + side * 118 - 26, 392, middle + side * 118 + 26, 404, "#d9dde2")
    return store_image(settings, pen.finished())
