#!/bin/sh
# Writes a man page for each command, from its option table.  make_man.sh PROGRAM FOLDER
set -eu
program=$1 folder=$2
mkdir -p "$folder"
{
    printf '.TH CIYUAN 1 "" "%s"\n.SH NAME\nciyuan \\- turn raw data into AI-ready datasets\n.SH SYNOPSIS\n.B ciyuan\n\\fICOMMAND\\fR [\\fIOPTIONS\\fR]\n.SH COMMANDS\n' "$("$program" --version)"
    "$program" help | sed -n 's/^  \([a-z]*\)  *\(.*\)$/.TP\n.BR ciyuan-\1 (1)\n\2/p'
} >"$folder/ciyuan.1"
for command in $("$program" help | sed -n 's/^  \([a-z]*\)  .*/\1/p'); do
    CIYUAN_HELP=man "$program" "$command" -h >"$folder/ciyuan-$command.1"
    for part in $(CIYUAN_HELP= "$program" "$command" -h | sed -n 's/^  \([a-z][a-z]*\)  .*/\1/p'); do # a command's own commands
        CIYUAN_HELP=man "$program" "$command" "$part" -h >"$folder/ciyuan-$command-$part.1"
    done
done
