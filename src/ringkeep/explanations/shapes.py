"""Outlines and little pictures for the kinds of things a call meets: the kind is never told by colour alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping

Outline = Callable[[float, float], str]


def _box(w: float, h: float, r: float = 8) -> str:
    return (
        f"M{r:g} 0H{w - r:g}Q{w:g} 0 {w:g} {r:g}V{h - r:g}Q{w:g} {h:g} {w - r:g} {h:g}"
        f"H{r:g}Q0 {h:g} 0 {h - r:g}V{r:g}Q0 0 {r:g} 0Z"
    )


def _pill(w: float, h: float) -> str:
    return _box(w, h, min(h / 2, 22))


def _hexagon(w: float, h: float) -> str:
    c = 12.0
    return f"M{c:g} 0H{w - c:g}L{w:g} {h / 2:g}L{w - c:g} {h:g}H{c:g}L0 {h / 2:g}Z"


def _octagon(w: float, h: float) -> str:
    c = 10.0
    return f"M{c:g} 0H{w - c:g}L{w:g} {c:g}V{h - c:g}L{w - c:g} {h:g}H{c:g}L0 {h - c:g}V{c:g}Z"


def _note(w: float, h: float) -> str:
    c = 14.0
    return f"M0 0H{w - c:g}L{w:g} {c:g}V{h:g}H0ZM{w - c:g} 0V{c:g}H{w:g}"


def _stack(w: float, h: float) -> str:
    return f"{_box(w - 5, h - 5)}M{w - 5:g} 6Q{w:g} 6 {w:g} 12V{h - 8:g}Q{w:g} {h:g} {w - 8:g} {h:g}H12Q7 {h:g} 6 {h - 5:g}"


def _slanted(w: float, h: float) -> str:
    c = 10.0
    return f"M{c:g} 0H{w:g}L{w - c:g} {h:g}H0Z"


OUTLINES: Mapping[str, Outline] = {
    "start": _pill, "hangup": _pill, "busy": _pill, "congestion": _pill, "answered": _pill, "menu": _hexagon,
    "hours": _slanted, "night_switch": _slanted, "unknown": _hexagon, "input": _hexagon, "announcement": _note,
    "queue": _stack, "ring_group": _stack, "paging": _stack, "direct_dial": _stack, "dead_end": _octagon,
    "nobody": _octagon,
}  # fmt: skip


def outline(kind: str, width: float, height: float) -> str:
    """The SVG path of a node's border."""
    return OUTLINES.get(kind, _box)(width, height)


# Drawn in a square of 16, with a pen of 1.5.
PHONE = "M4 1.5H6.5L7.5 5L6 6.2Q7 8.8 9.8 10L11 8.5L14.5 9.5V12Q14.5 14.5 12 14.5Q2 13.5 1.5 4Q1.5 1.5 4 1.5Z"
PEOPLE = "M5.5 7.2A2.6 2.6 0 1 0 5.5 2A2.6 2.6 0 1 0 5.5 7.2ZM1 14Q1 9 5.5 9T10 14M11 7A2.2 2.2 0 1 0 10.4 2.6M12 9.2Q15 9.8 15 14"
ICONS: Mapping[str, str] = {
    "start": PHONE, "extension": PHONE, "direct_dial": PHONE, "queue": PEOPLE, "ring_group": PEOPLE,
    "menu": "M2.5 2H5V4.5H2.5ZM7 2H9.5V4.5H7ZM11.5 2H14V4.5H11.5ZM2.5 7H5V9.5H2.5ZM7 7H9.5V9.5H7ZM11.5 7H14V9.5H11.5ZM7 12H9.5V14.5H7Z",
    "input": "M2.5 2H5V4.5H2.5ZM7 2H9.5V4.5H7ZM11.5 2H14V4.5H11.5ZM2.5 7H5V9.5H2.5ZM7 7H9.5V9.5H7ZM11.5 7H14V9.5H11.5ZM7 12H9.5V14.5H7Z",
    "announcement": "M1.5 6H4.5L9 2V14L4.5 10H1.5ZM11 5.5Q13 8 11 10.5M13 3.5Q16 8 13 12.5",
    "voicemail": "M1.5 3.5H14.5V12.5H1.5ZM1.5 3.5L8 9L14.5 3.5", "voicemail_main": "M1.5 3.5H14.5V12.5H1.5ZM1.5 3.5L8 9L14.5 3.5",
    "hours": "M8 1.5A6.5 6.5 0 1 0 8 14.5A6.5 6.5 0 1 0 8 1.5ZM8 4V8L11 10", "night_switch": "M13 10A6 6 0 1 1 7 2Q5 8 13 10Z",
    "outbound": "M2 14L13 3M6 2.5H13.5V10", "hangup": "M3 3L13 13M13 3L3 13", "busy": "M3 8H13", "congestion": "M3 8H13",
    "dead_end": "M8 1.5L15 14.5H1ZM8 6V10M8 12V13", "nobody": "M8 1.5L15 14.5H1ZM8 6V10M8 12V13",
    "unknown": "M5 5Q5 2 8 2T11 5Q11 7 8 8.5V10.5M8 13V14", "conference": PEOPLE, "paging": PEOPLE,
    "more": "M3 8H4M7.5 8H8.5M12 8H13", "record": "M8 3A5 5 0 1 0 8 13A5 5 0 1 0 8 3Z",
}  # fmt: skip


def icon(kind: str) -> str:
    """The SVG path of a kind's little picture."""
    return ICONS.get(kind, "M8 5.5A2.5 2.5 0 1 0 8 10.5A2.5 2.5 0 1 0 8 5.5Z")
