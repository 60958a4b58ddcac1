"""The reliability diagram of a run's choices: accuracy by confidence, with intervals, as SVG."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from julja.report.page import visible

if TYPE_CHECKING:
    from markupsafe import Markup

_HEIGHT = 300
_TOP, _BOTTOM = 10, 40
_LEFT, _RIGHT = 11.0, 98.0
_TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)
# Fewer answers than this leave bins of a few dozen.
_FEW = 300


def diagrams(found: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What the report shows of each task's calibration."""
    return [
        {
            "task": visible(item["task"]),
            "picture": svg(item),
            "words": words(item),
            "bins": [
                {
                    "n": part["n"],
                    "confidence": f"{part['confidence']:.3f}",
                    "accuracy": f"{part['accuracy']:.3f}",
                    "ci": f"[{part['ci'][0]:.3f}, {part['ci'][1]:.3f}]",
                }
                for part in item["bins"]
            ],
        }
        for item in found
    ]


def words(item: Mapping[str, Any]) -> list[str]:
    """The diagram's numbers, in sentences."""
    bias = item["bias"]
    side = "surer than right" if bias > 0 else "less sure than right"
    lines = [
        f"expected calibration error {item['ece']:.3f} over {len(item['bins'])} bins of equal size"
        f" ({item['ece_chance']:.3f} by chance alone)",
        f"mean confidence {item['confidence']:.3f}, accuracy {item['accuracy']:.3f}:"
        f" {abs(bias):.3f} {side}",
        f"Brier score of the confidence {item['brier']:.3f}",
    ]
    if item["auroc"] is not None:
        lines.append(f"a right answer is surer than a wrong one in {item['auroc']:.0%} of pairs")
    lines.append(f"selective accuracy (area) {item['selective_area']:.3f}")
    lines.append(f"{item['n']:,} choices" + (", few for this" if item["n"] < _FEW else ""))
    return lines


def svg(item: Mapping[str, Any]) -> "Markup":
    """Points of accuracy with their intervals; on the dashed line confidence is what it says."""
    from markupsafe import Markup

    left, right, low, high = _x(0), _x(1), _y(0), _y(1)
    parts = [f'<line class="even" x1="{left}" y1="{low}" x2="{right}" y2="{high}"/>']
    for tick in _TICKS:
        x, y = _x(tick), _y(tick)
        parts.append(f'<line class="tick" x1="{x}" x2="{x}" y1="{high}" y2="{low}"/>')
        parts.append(f'<line class="tick" x1="{left}" x2="{right}" y1="{y}" y2="{y}"/>')
        parts.append(f'<text x="{x}" y="{_HEIGHT - 22}" text-anchor="middle">{tick:g}</text>')
        parts.append(f'<text x="0" y="{float(y) + 4:.1f}">{tick:g}</text>')
    parts.append(f'<text x="{_x(0.5)}" y="{_HEIGHT - 4}" text-anchor="middle">confidence</text>')
    for part in item["bins"]:
        x = _x(part["confidence"])
        ends = [_y(end) for end in part["ci"]]
        parts.append(f'<line class="range" x1="{x}" x2="{x}" y1="{ends[0]}" y2="{ends[1]}"/>')
        told = f"confidence {part['confidence']:.3f}: {part['accuracy']:.3f} right, n {part['n']}"
        parts.append(
            f'<circle class="dot" cx="{x}" cy="{_y(part["accuracy"])}" r="5">'
            f"<title>{told}</title></circle>"
        )
    label = f"accuracy by confidence: {words(item)[0]}"
    return Markup(
        '<svg class="reliability" role="img" aria-label="{}" height="{}">{}</svg>'
    ).format(label, _HEIGHT, Markup("".join(parts)))


def _x(share: float) -> str:
    return f"{_LEFT + share * (_RIGHT - _LEFT):.2f}%"


def _y(share: float) -> str:
    return f"{_HEIGHT - _BOTTOM - share * (_HEIGHT - _TOP - _BOTTOM):.1f}"
