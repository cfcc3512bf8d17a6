"""A command is shown, logged, quoted when it fails, and never hangs for ever."""

import sys
import time
from pathlib import Path

import pytest

from deploykit import shell
from deploykit.errors import KitError
from deploykit.shell import CommandError, run


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def test_shows_the_command_as_typed_and_its_last_lines(capsys):
    run(f"{sys.executable} -c 'for n in range(30): print(n)'", tail=2)
    shown = capsys.readouterr().out.splitlines()
    assert shown[0] == f"$ {sys.executable} -c 'for n in range(30): print(n)'"
    assert shown[1:] == ["… 28 lines before these", "28", "29"]


def test_keeps_everything_in_the_log_and_the_streams_apart():
    result = run(python("import sys; print('to stdout'); print('to stderr', file=sys.stderr)"), quiet=True)
    assert result.text == "to stdout"
    assert set(result.log.read_text(encoding="utf-8").splitlines()) == {"to stdout", "to stderr"}


def test_a_failure_quotes_the_last_lines_and_names_the_log():
    with pytest.raises(CommandError, match="exit status 3") as caught:
        run(python("print('what went wrong'); raise SystemExit(3)"), quiet=True)
    assert "what went wrong" in str(caught.value)
    assert caught.value.result.log.name in caught.value.hint


def test_a_failure_can_be_part_of_the_lesson(capsys):
    assert run(python("raise SystemExit(4)"), check=False).returncode == 4


def test_no_colour_codes_and_no_terminal():
    result = run(python(r"import sys; print('\x1b[1;31mred\x1b[0m', sys.stdout.isatty())"), quiet=True)
    assert result.text == "red False"


def test_standard_input_is_handed_over_and_otherwise_empty():
    assert run(python("print(input())"), stdin="hello\n", quiet=True).text == "hello"
    assert run(python("import sys; print(repr(sys.stdin.read()))"), quiet=True).text == "''"


def test_a_secret_is_neither_shown_nor_logged(capsys):
    result = run(python("print('pass' + 'word')"), secret=True)
    assert result.text == "password"
    assert "password" not in capsys.readouterr().out + result.log.read_text(encoding="utf-8")


def test_a_secret_is_not_quoted_in_an_error():
    with pytest.raises(CommandError) as caught:
        run(python("print('pass' + 'word'); raise SystemExit(1)"), secret=True, quiet=True)
    assert "password" not in str(caught.value)


def test_a_command_that_does_not_end_is_ended():
    started = time.monotonic()
    with pytest.raises(CommandError, match="ended after 0.5 s"):
        run(python("import time; time.sleep(60)"), timeout=0.5, quiet=True)
    assert time.monotonic() - started < 20


def test_a_missing_program_says_what_to_type():
    with pytest.raises(KitError, match="'no-such-program' is not installed") as caught:
        run("no-such-program --help", quiet=True)
    assert "deploykit doctor" in caught.value.hint


def test_output_that_is_no_text_does_no_harm():
    assert "�" in run(python(r"import sys; sys.stdout.buffer.write(b'\xff\n')"), quiet=True).stdout


def test_two_full_streams_do_not_block_each_other():
    code = "import sys\nfor n in range(20000): print('x' * 50); print('y' * 50, file=sys.stderr)"
    assert len(run(python(code), quiet=True, timeout=60).output.splitlines()) == 40000


def test_a_full_disk_ends_the_log_and_not_the_command(monkeypatch):
    monkeypatch.setattr(shell, "_new_log", lambda words: Path("/dev/full"))
    assert (
        len(run(python("for n in range(20000): print('x' * 50)"), quiet=True, timeout=60).stdout.splitlines()) == 20000
    )
