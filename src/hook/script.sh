#!/bin/sh
# blurt hook v1
# `blurt hook install` writes this file, and overwrites it when it runs again.
# `blurt hook uninstall` takes it away and puts the earlier hook back.

blurt=@BLURT@
here=${0%/*}
[ "$here" = "$0" ] && here=.
earlier=$here/@HOOK@.before-blurt

@CHAIN@
[ -f "$blurt" ] && [ -x "$blurt" ] || blurt=blurt
if ! command -v "$blurt" >/dev/null; then
  printf '%s\n' >&2 \
    'blurt: it is neither where it was nor in PATH, so nobody has looked at this @SUBJECT@.' \
    '  to mend it: install blurt, and run: blurt hook install @HOOK@' \
    '  to do without: remove the file' "     $0" \
    '  the way past: @BYPASS@'
  exit 2
fi
@CALL@
