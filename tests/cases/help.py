"""Help and man pages: every command explains itself, with examples."""
import os
from _case import case, ciyuan, finish


def commands_in(text):
    """The names that a list of commands shows: two spaces, the name, its summary."""
    return [line.split()[0] for line in text.splitlines() if line.startswith("  ") and line[2].islower()]


def every_command():
    for name in commands_in(ciyuan("help")[0]):
        text = ciyuan(name, "-h")[0]
        if f"usage: ciyuan {name} <command>" in text:
            for part in commands_in(text):
                yield name, part
        else:
            yield name,


COMMANDS = list(every_command())


@case("every command has a usage line, a sentence, options and at least one example of itself")
def _():
    assert len(COMMANDS) > 30, COMMANDS
    for command in COMMANDS:
        words = " ".join(command)
        text = ciyuan(*command, "-h")[0]
        assert text.startswith(f"usage: ciyuan {words} ") and "[<options>]" in text.splitlines()[0], text.splitlines()[0]
        assert "  -h, --help" in text and "\nexamples:\n" in text, f"{words}: no examples"
        assert f"ciyuan {words}" in text.split("\nexamples:\n")[1], f"{words}: its examples do not show it"


@case("every command has a man page with the same options")
def _():
    for command in COMMANDS:
        text = ciyuan(*command, "-h")[0]
        page = ciyuan(*command, "-h", env=os.environ | {"CIYUAN_HELP": "man"})[0]
        assert page.startswith(f".TH CIYUAN-{'-'.join(command)} 1"), page.splitlines()[0]
        for line in text.split("\nexamples:\n")[0].splitlines():
            if line.startswith("  --"):
                assert f".B \\-\\-{line.split()[0][2:]}" in page, (command, line)


@case("what is given too much or too little is told, with the command's words")
def _():
    assert "token create takes no arguments, found 1 argument" in ciyuan("token", "create", "x", status=2)[1]
    assert "user create takes NAME, found 0 arguments" in ciyuan("user", "create", status=2)[1]


@case("a data folder that is not there is not made by a command beside a server")
def _():
    _, told = ciyuan("user", "create", "alice", status=1, env=os.environ | {"CIYUAN_DATA": "/nonexistent/hub"})
    assert 'there is no server\'s folder "/nonexistent/hub"' in told and "CIYUAN_DATA" in told, told


finish()
