#!/bin/sh
# Stands in for the command of a store: keeps what it was given, and answers as that would.
record=@RECORD@
tool=${0##*/}
call=$record/call-$(find "$record" -name 'call-*' | wc -l | tr -d ' ')
mkdir "$call"
printf '%s\n' "$tool" "$@" >"$call/arguments"
env >"$call/environment"
cat >"$call/input"
for argument; do
  case $argument in
    file://*) file=${argument#file://} ;;
    @*) file=${argument#@} ;;
    --data-file=*) file=${argument#--data-file=} ;;
    */value) file=$argument ;;
    *) continue ;;
  esac
  printf '%s' "$file" >"$call/path"
  cp "$file" "$call/file"
  ls -l "$file" >"$call/mode"
done

answer() {
  if [ -e "$record/$1" ]; then cat "$record/$1"; else exit 255; fi
}

case "$tool $1 $2" in
  'aws configure get') answer history ;;
  'aws secretsmanager describe-secret') answer existing ;;
  'aws ssm get-parameter' | 'gcloud secrets describe') answer existing ;;
esac
if [ -e "$call/file" ]; then
  if [ -e "$record/refusing" ]; then
    printf 'An error occurred (ValidationException) when calling the Put operation: %s\n' "$(cat "$call/file")" >&2
    exit 254
  fi
  if [ -e "$record/killing" ]; then kill -TERM "$PPID"; fi
fi
cat "$call/file" 2>/dev/null
exit 0
