"""Training by hand and automatically: equal within rounding until a line is broken."""

import json
from dataclasses import replace

import numpy as np
import pytest

from micrograd_np.explorer import built, code, knobs, mistakes, training
from micrograd_np.explorer.knobs import Knobs, Refused
from micrograd_np.explorer.training import MOST_AT_ONCE, MOST_KEPT, MOST_STEPS, Automatic, ByHand
from micrograd_np.rounding import LIMIT
from reference import post

POST = Knobs()
STEPS = 60


def wrong(chosen, **edits):
    return mistakes.chosen(edits, chosen.depth, chosen.activation)


def in_pieces(chosen, instead, *ends):
    """Ask for a training piece by piece; return the messages."""
    trainers, since, found = training.Trainers(), 0, []
    for end in ends:
        found.append(trainers.message(chosen, instead, since, end))
        since = found[-1]["steps"]
    return found


def joined(messages, side, what):
    return [one for message in messages for one in message[side][what]]


def array(message, place):
    sent = message["arrays"][place]
    return sent["shape"], sent["dtype"], sent["data"]


# --- the right pass ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "chosen",
    [
        POST,
        replace(POST, dtype="float32"),
        replace(POST, scale=1.0, lr=0.1, reg=0.1, rows=30, hidden=3),
        replace(POST, depth=3, activation="tanh", scale=0.5, lr=0.1),
        replace(POST, depth=2, activation="leaky_relu", scale=0.5, dtype="float32"),
        replace(POST, depth=2, activation="sigmoid", scale=1.0, lr=1.0),
    ],
    ids=lambda chosen: f"{chosen.depth} {chosen.activation} {chosen.dtype} {chosen.scale}",
)
def test_both_agree_within_rounding(chosen):
    (found,) = in_pieces(chosen, {}, STEPS)
    assert found["steps"] == len(found["radii"]) == STEPS
    assert found["radii"][0] == 0
    assert max(found["radii"]) <= LIMIT == 8
    assert found["names"] == code.weights(chosen.depth)
    hand, automatic = found["hand"], found["automatic"]
    assert np.allclose(hand["losses"], automatic["losses"], rtol=1e-5)
    assert hand["error"] == automatic["error"] == ""
    assert len(hand["accuracies"]) == len(hand["losses"]) == STEPS


@pytest.mark.parametrize("dtype", knobs.DTYPES)
def test_the_losses_by_hand_are_bitwise_those_of_the_post(dtype):
    chosen = replace(POST, dtype=dtype, lr=0.05)
    given = built.inputs(chosen)
    X, y = given["X"], given["y"]
    *weights, losses = post.train(X, y, *post.init(dtype=dtype), lr=0.05, steps=STEPS)
    hand = ByHand(chosen, {})
    hand.run(STEPS)
    assert hand.course.losses == losses.tolist()
    for ours, theirs in zip(hand.course.weights[-1], weights, strict=True):
        assert ours.tobytes() == theirs.tobytes()
        assert ours.dtype == theirs.dtype
    X_test, y_test = built.test_rows(chosen)
    assert hand.course.accuracies[0] == post.accuracy(X_test, y_test, *post.init(dtype=dtype))


def test_the_weights_before_each_step_are_kept():
    hand, automatic = ByHand(POST, {}), Automatic(POST)
    for side in (hand, automatic):
        side.run(5)
        assert len(side.course.weights) == 6
        for ours, start in zip(side.course.weights[0], post.init(), strict=True):
            assert np.array_equal(ours, start)
        assert not np.array_equal(side.course.weights[1][0], side.course.weights[2][0])


# --- a broken one ------------------------------------------------------------------------------


def test_without_the_mask_it_departs_and_still_learns():
    instead = wrong(POST, dhidden="missing")
    (found,) = in_pieces(replace(POST, lr=0.1), instead, 100)
    losses = found["hand"]["losses"]
    assert losses[-1] < losses[0] - 0.3
    assert found["hand"]["error"] == ""
    assert found["radii"][0] == 0
    assert min(found["radii"][1:]) > 1000 * LIMIT
    (right,) = in_pieces(replace(POST, lr=0.1), {}, 100)
    assert right["automatic"] == found["automatic"] | {"weights": right["automatic"]["weights"]}


@pytest.mark.parametrize("line", ["dscores", "dW2", "dscores_minus_onehot"])
def test_a_line_left_out_is_seen_in_the_first_step(line):
    found, *_ = in_pieces(POST, wrong(POST, **{line: "missing"}), 3)
    assert found["radii"][0] == 0
    assert found["radii"][1] > LIMIT


def test_a_second_name_trains_as_a_copy_does():
    (found,) = in_pieces(POST, wrong(POST, dscores_probs="alias"), 20)
    assert max(found["radii"]) <= LIMIT


def test_a_pass_that_raises_ends_and_the_automatic_side_goes_on():
    instead = wrong(POST, dW2_data="transposed")
    first, second = in_pieces(POST, instead, 5, 9)
    for found in (first, second):
        hand, automatic = found["hand"], found["automatic"]
        assert hand["error"].startswith("ValueError: operands could not be broadcast together")
        assert set(hand["losses"]) == {"nan"}
        assert automatic["error"] == ""
        assert all(isinstance(loss, float) for loss in automatic["losses"])
        json.dumps(found, allow_nan=False)
    assert joined((first, second), "automatic", "losses") == joined(
        in_pieces(POST, {}, 9), "automatic", "losses"
    )
    assert first["radii"][0] == 0
    assert set(second["radii"]) - {"inf"} <= {
        one for one in second["radii"] if not isinstance(one, str) and one > LIMIT
    }


def test_weights_of_another_shape_are_infinitely_far():
    chosen = replace(POST, hidden=1)
    first, second = in_pieces(chosen, wrong(chosen, db1="axis"), 3, 5)
    assert first["hand"]["error"] == "" or "nan" in first["hand"]["losses"]
    assert first["radii"][1:] + second["radii"] == ["inf"] * 4
    json.dumps([first, second], allow_nan=False)


def test_a_loss_that_overflows_can_be_sent():
    chosen = replace(POST, scale=10.0, lr=1.0, dtype="float32", reg=1.0)
    instead = wrong(chosen, dscores="times")
    (found,) = in_pieces(chosen, instead, 100)
    json.dumps(found, allow_nan=False)
    assert all(isinstance(radii, float) or radii == "inf" for radii in found["radii"])


# --- in pieces ---------------------------------------------------------------------------------


@pytest.mark.parametrize("ends", [(30,), (1, 2, 30), (10, 20, 30), (0, 29, 29, 30)], ids=str)
@pytest.mark.parametrize("edits", [{}, {"dhidden": "missing"}], ids=["right", "no mask"])
def test_the_numbers_are_the_same_however_they_are_cut(ends, edits):
    instead = wrong(POST, **edits)
    whole, pieces = in_pieces(POST, instead, 30), in_pieces(POST, instead, *ends)
    assert [one["steps"] for one in pieces] == list(ends)
    assert [one["since"] for one in pieces] == [0, *ends[:-1]]
    for side in ("hand", "automatic"):
        for what in ("losses", "accuracies"):
            assert joined(pieces, side, what) == joined(whole, side, what)
        last, wanted = pieces[-1], whole[-1]
        assert [array(last, place) for place in last[side]["weights"]] == [
            array(wanted, place) for place in wanted[side]["weights"]
        ]
    assert [one for piece in pieces for one in piece["radii"]] == whole[0]["radii"]


def test_what_has_been_taken_can_be_asked_for_again():
    trainers = training.Trainers()
    whole = trainers.message(POST, {}, 0, 20)
    assert trainers.message(POST, {}, 0, 20) == whole
    middle = trainers.message(POST, {}, 5, 10)
    assert middle["hand"]["losses"] == whole["hand"]["losses"][5:10]
    assert middle["radii"] == whole["radii"][5:10]


def test_another_network_and_another_edit_have_trainings_of_their_own():
    trainers = training.Trainers()
    first = trainers.message(POST, {}, 0, 10)
    other = trainers.message(replace(POST, seed=1), {}, 0, 10)
    broken = trainers.message(POST, wrong(POST, dhidden="missing"), 0, 10)
    assert other["hand"]["losses"] != first["hand"]["losses"] != broken["hand"]["losses"]
    assert broken["automatic"]["losses"] == first["automatic"]["losses"]
    for seed in range(2, 3 + MOST_KEPT):
        trainers.message(replace(POST, seed=seed, rows=3), {}, 0, 1)
    assert trainers.message(POST, {}, 0, 10) == first


def test_a_training_goes_on_where_it_stands_even_if_it_has_been_let_go():
    trainers = training.Trainers()
    (whole,) = in_pieces(POST, {}, 20)
    trainers.message(POST, {}, 0, 10)
    for seed in range(1, 2 + MOST_KEPT):
        trainers.message(replace(POST, seed=seed, rows=3), {}, 0, 1)
    found = trainers.message(POST, {}, 10, 20)
    assert found["hand"]["losses"] == whole["hand"]["losses"][10:]
    assert found["radii"] == whole["radii"][10:]


# --- limits ------------------------------------------------------------------------------------


def test_only_so_many_steps_are_taken_at_once():
    chosen = replace(POST, rows=3, hidden=1)
    trainers = training.Trainers()
    found = trainers.message(chosen, {}, 0, MOST_STEPS)
    assert (found["since"], found["steps"], found["most"]) == (0, MOST_AT_ONCE, MOST_STEPS)
    assert len(found["hand"]["losses"]) == MOST_AT_ONCE
    again = trainers.message(chosen, {}, MOST_AT_ONCE, MOST_STEPS)
    assert (again["since"], again["steps"]) == (MOST_AT_ONCE, 2 * MOST_AT_ONCE)


def test_a_training_that_has_been_let_go_and_stood_far_on_comes_back_when_it_is_asked_again():
    chosen = replace(POST, rows=3, hidden=1)
    trainers, since = training.Trainers(), MOST_AT_ONCE + 50
    found = trainers.message(chosen, {}, since, since + 10)
    assert found["radii"] == found["hand"]["losses"] == found["automatic"]["losses"] == []
    found = trainers.message(chosen, {}, since, since + 10)
    assert found["steps"] == since + 10
    assert len(found["radii"]) == len(found["hand"]["losses"]) == 10


@pytest.mark.parametrize(
    ("since", "steps"), [(-1, 5), (5, 4), (0, MOST_STEPS + 1), (0, -1), (MOST_STEPS + 1,) * 2]
)
def test_other_stretches_are_refused(since, steps):
    with pytest.raises(Refused, match="give whole numbers, since <= steps"):
        training.Trainers().message(POST, {}, since, steps)
