"""The error tree."""

import pickle
import re

import pytest

from gate import errors


def drawn_tree() -> dict[str, str]:
    """{class: the class above it} as drawn in the module's docstring."""
    parents, above = {}, [(0, "Exception")]
    for line in errors.__doc__.splitlines():
        match = re.match(r"^( *(?:\| *)*)\+-- (\w+)", line)
        if match is None:
            continue
        depth, name = len(match[1]), match[2]
        while above[-1][0] >= depth:
            above.pop()
        parents[name] = above[-1][1]
        above.append((depth, name))
    return parents


def classes() -> dict[str, type]:
    return {name: value for name, value in vars(errors).items() if isinstance(value, type)}


def test_the_tree_is_drawn_as_it_is():
    """The drawing at the top of the module names every class, each under its own parent."""
    assert drawn_tree() == {name: cls.__bases__[0].__name__ for name, cls in classes().items()}


def test_usage_exits_with_2_and_everything_else_with_1():
    """The exit code belongs to the class."""
    assert {name: cls.exit_code for name, cls in classes().items() if cls.exit_code != 1} == {"UsageError": 2}


def test_usage_error_is_a_value_error():
    """A caller who passes nonsense gets what Python callers expect."""
    assert issubclass(errors.UsageError, ValueError)


def test_contract_error_says_file_line_and_detail():
    """The three parts stand in the text and can be asked for."""
    error = errors.ContractError("inputs", "expected a, got b; do c", source="kick.onnx")
    assert str(error) == "kick.onnx breaks the contract (inputs): expected a, got b; do c"
    assert (error.line, error.detail, error.source) == ("inputs", "expected a, got b; do c", "kick.onnx")


def test_contract_error_does_not_steer_a_terminal():
    """What a damaged file is quoted with is shown, not obeyed."""
    assert (
        str(errors.ContractError("inputs", "got \x1b[2J"))
        == "the model breaks the contract (inputs): got ?[2J"
    )


@pytest.mark.parametrize("error", [errors.ContractError("ops", "detail", "file"), errors.RenderError("text")])
def test_errors_come_back_from_a_worker_process(error):
    """Pickling keeps class, text and attributes."""
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert str(again) == str(error)
    assert vars(again) == vars(error)
