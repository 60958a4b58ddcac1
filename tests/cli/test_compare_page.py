"""`julja compare --html`: the page of a comparison, with both answers of what differs."""

from click.testing import CliRunner
from tests.run.board_case import Shelf, marks

from julja.cli.compare import compare


def test_a_comparison_is_written_as_a_page(tmp_path):
    shelf = Shelf(tmp_path)
    a = shelf.run("m/a", {"quiz": marks("1" * 20 + "0" * 60)})
    b = shelf.run("m/b", {"quiz": marks("0" * 5 + "1" * 75)})
    shelf.store.close()
    page = tmp_path / "folder" / "page.html"
    arguments = [a, b, "--store", str(shelf.store.path), "--html", str(page), "--flips", "1"]
    done = CliRunner().invoke(compare, arguments, catch_exceptions=False)
    assert done.exit_code == 0 and "wrote" in done.stderr
    text = page.read_text()
    assert "BETTER" in text and "m/b against m/a" in text
    # One flip is printed, and the page has the answers of all.
    assert text.count('class="sample"') == 65
    assert "The answers are not in this comparison" not in text
