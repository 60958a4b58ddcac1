"""The printed table of ratings."""

from julja.report.ratings import ratings_text


def table(**changes):
    row = {
        "model": "모델",
        "rating": 1012.34,
        "stderr": 5.0,
        "ci": [1002.0, 1022.0],
        "rank": 1,
        "rank_ci": [1, 2],
        "battles": 30,
        "wins": 15,
        "ties": 5,
        "losses": 10,
        "win_rate": 0.583,
        "win_rate_ci": [0.4, 0.75],
        "note": "",
    }
    king = row | {
        "model": "king",
        "rating": None,
        "ci": [1100.0, None],
        "win_rate": None,
        "win_rate_ci": None,
        "note": "no upper limit: never lost to the rated models",
    }
    apart = king | {"model": "apart", "ci": None, "rank": None, "rank_ci": None, "note": "why"}
    return {
        "ratings": [king, row, apart],
        "method": "bt",
        "interval": {
            "method": "cluster sandwich",
            "level": 0.9,
            "unit": "prompt",
            "units": 12,
            "bootstraps": 1000,
            "seed": 3,
            "ranks": "cluster bootstrap",
            "relative_to": "the mean of the rated models",
        },
        "scale": 400.0,
        "base": 10.0,
        "baseline": None,
        "parameters": {},
        "position": None,
    } | changes


def test_open_ends_and_missing_ratings_are_shown_as_such():
    lines = ratings_text(table()).splitlines()
    assert lines[0].split()[:5] == ["rank", "model", "rating", "interval", "ranks"]
    assert "[1100.0, ∞]" in lines[1] and "no upper limit" in lines[1] and " – " in lines[1]
    assert "1012.3" in lines[2] and "15/5/10" in lines[2] and "0.583 [0.400, 0.750]" in lines[2]
    assert lines[3].split()[0] == "–"


def test_how_the_intervals_were_made_stands_below():
    text = ratings_text(table(), "category = art")
    assert text.startswith("category = art\n")
    assert "90 % intervals: cluster sandwich by prompt (12)" in text
    assert "ranks: cluster bootstrap (1000, seed 3)" in text
    assert "win rate against the other models" in text
    assert "win rate against base" in ratings_text(table(baseline="base"))


def test_parameters_and_style():
    style = {
        "length": {"coefficient": 0.25, "stderr": 0.01, "ci": [0.23, 0.27], "spread": 0.4},
        "bold": {"coefficient": -0.02, "stderr": None, "ci": None, "spread": 0.4},
    }
    text = ratings_text(table(parameters={"nu": 0.71234, "style": style}))
    assert "nu 0.7123" in text
    assert "style length   +0.250 [0.230, 0.270]" in text
    assert "style bold     -0.020 (frozen)" in text


def test_what_the_place_is_worth():
    place = {"first_wins": 0.54, "ci": [0.52, 0.56], "battles": 200}
    text = ratings_text(table(position=place))
    assert "first of two equal answers wins 0.540 [0.520, 0.560], from 200 battles" in text
    assert "first of two" not in ratings_text(table())


def test_a_small_scale_has_more_places():
    row = table()["ratings"][1] | {"rating": 0.0517, "ci": [0.01, 0.09]}
    assert "0.052  [0.010, 0.090]" in ratings_text(table(scale=1.0, ratings=[row]))
