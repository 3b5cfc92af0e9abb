import re
import xml.etree.ElementTree as ElementTree

from training.jobs.curve import loss_chart


def test_the_highest_loss_is_at_the_top_and_the_last_step_at_the_right():
    drawing = loss_chart([(1, 4.0), (2, 2.0), (4, 1.0)], [(0, 3.0)], "A <b> curve")
    ElementTree.fromstring(drawing)
    points = [tuple(map(float, pair.split(","))) for pair in re.search('points="(.*?)"', drawing)[1].split()]
    assert [x for x, _ in points] == [191.5, 337.0, 628.0]  # 46 to 628 over 4 steps
    assert [y for _, y in points] == [10.0, 100.0, 145.0]  # 10 to 190 over a loss of 4 to 0
    assert 'cx="46.0" cy="55.0"' in drawing and "A &lt;b&gt; curve" in drawing


def test_a_loss_that_never_changes_is_drawn():
    ElementTree.fromstring(loss_chart([(1, 0.0), (2, 0.0)], [], "flat"))


def test_a_small_fall_of_the_loss_fills_the_picture():
    drawing = loss_chart([(1, 1.0), (2, 0.9)], [], "small")
    assert [pair.split(",")[1] for pair in re.search('points="(.*?)"', drawing)[1].split()] == ["10.0", "190.0"]
