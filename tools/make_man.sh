#!/bin/sh
# Writes a man page for each command, from its option table, and one for the C API, from its header.  make_man.sh PROGRAM FOLDER
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

# ciyuan(3): the header as it is; its comments are the contracts.
{
    printf '.TH CIYUAN 3 "" "%s"\n.SH NAME\nciyuan \\- tokenizers, and dataset steps over Arrow record batches, as a C library\n' "$("$program" --version)"
    printf '.SH SYNOPSIS\n.nf\n#include <ciyuan.h>\ncc \\fIFILE\\fR.c $(pkg-config --cflags --libs ciyuan)\n.fi\n.SH DESCRIPTION\nThe whole header:\n.PP\n.nf\n'
    sed -e 's/\\/\\e/g' -e "s/^[.']/\\\\\&&/" -e 's/-/\\-/g' "$(dirname "$0")/../include/ciyuan.h"
    printf '.fi\n.SH SEE ALSO\n.BR ciyuan (1)\n'
} >"$folder/ciyuan.3"
