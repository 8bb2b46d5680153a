"""The picture of a simulated time: a bar of load for each week, and below it the lines that were wanted then."""

from xml.sax.saxutils import escape

from kendi.simulation.outcome import Outcome

WIDTH, HEIGHT, LEFT, BAND, GAP = 960, 420, 60, 130, 60
INK, LOAD, FULL, IN_TIME, LATE = "#3b2f2a", "#c56a45", "#8f2d1d", "#4f7f5a", "#8f2d1d"


def drawn(outcome: Outcome) -> str:
    """An SVG that stands alone."""
    weeks = outcome.weeks
    each = (WIDTH - LEFT - 20) / max(1, len(weeks))
    most = max((week.due for week in weeks), default=0) or 1
    parts = [
        _text(LEFT, 24, outcome.in_words().splitlines()[0], 15),
        _text(LEFT, 56, "Load: per cent of the labour there was, week by week", 13),
        _text(LEFT, 56 + BAND + GAP, "Lines by the week they were wanted: in time, and late (dark)", 13),
    ]
    base, second = 70 + BAND, 70 + BAND + GAP + BAND
    for place, week in enumerate(weeks):
        x = LEFT + place * each
        told = f"{week.monday}: {week.used_pct} %, {week.missed} of {week.due} lines late"
        colour = FULL if week.used_pct > 95 else LOAD
        parts.append(_bar(x, base, each, BAND * min(week.used_pct, 100) / 100, colour, told))
        late, in_time = BAND * week.missed / most, BAND * (week.due - week.missed) / most
        parts.append(_bar(x, second, each, late, LATE, told))
        parts.append(_bar(x, second - late, each, in_time, IN_TIME, told))
    for y, marks in ((base, ("0", "100 %")), (second, ("0", str(most)))):
        parts.append(f'<path d="M{LEFT} {y}H{WIDTH - 20}" stroke="{INK}"/>')
        parts += [_text(10, y, marks[0], 12), _text(10, y - BAND + 10, marks[1], 12)]
    parts += [
        _text(LEFT + place * each, second + 18, f"{week.monday:%m/%y}", 11)
        for place, week in enumerate(weeks)
        if place % 8 == 0
    ]
    label = escape(outcome.in_words(), {'"': "&quot;"})
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{label}">'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fffaf5"/>{"".join(parts)}</svg>\n'
    )


def _bar(x: float, base: float, width: float, height: float, colour: str, told: str) -> str:
    return (
        f'<rect x="{x + 0.5:.1f}" y="{base - height:.1f}" width="{max(1, width - 1):.1f}" height="{height:.1f}"'
        f' fill="{colour}"><title>{escape(told)}</title></rect>'
    )


def _text(x: float, y: float, words: str, size: int) -> str:
    return (
        f'<text x="{x:.0f}" y="{y:.0f}" font-family="system-ui, sans-serif" font-size="{size}"'
        f' fill="{INK}">{escape(words)}</text>'
    )
