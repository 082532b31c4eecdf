#!/bin/sh
# shellcheck disable=SC2016 # names of files are no code
set +xv
# Puts secrets into their stores, from the files that they stand in.
#
#   sh import.sh --dry-run   says what it would do, and reads no file
#   sh import.sh             does it
#
# The values that it puts in are the old ones: programs go on with them while they learn to read from the
# store. Make the stores first where Terraform or CloudFormation is to make them.
@EXPOSED@
#
# No value is an argument, a variable, or in a file that is there afterwards. What commands say of an error is
# not repeated, but for its code, since it may quote a value. A file that has changed since the scan is left
# alone. Exit status: 0 when all were put in but those to be put in by hand, 1 when some were not, 2 when it
# could not begin.

set -fu
umask 077

# The folder that the paths of files start from.
ROOT=${ROOT:-.}
# The KMS key of the AWS stores, as Terraform and CloudFormation make it; empty for the one that AWS manages.
KMS_KEY=${KMS_KEY-alias/application-secrets}
# Where Vault keeps keys and values.
VAULT_MOUNT=${VAULT_MOUNT:-secret}
# The name of the Azure Key Vault.
AZURE_KEY_VAULT=${AZURE_KEY_VAULT:-}

export AWS_PAGER='' CLOUDSDK_CORE_LOG_HTTP=false

dry_run=
case ${1-} in
  '') ;;
  --dry-run) dry_run=yes ;;
  *)
    printf 'usage: %s [--dry-run]\n' "$0" >&2
    exit 2
    ;;
esac

count=0
failed=
left=
work=

clean() {
  [ -z "$work" ] || rm -rf "$work"
}
trap clean EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# A folder for values, in memory where there is one.
begin() {
  [ -z "$dry_run" ] || return 0
  # https://docs.aws.amazon.com/cli/latest/reference/history/
  if [ "$(aws configure get cli_history 2>/dev/null)" = enabled ]; then
    printf '%s\n' 'The AWS CLI would write the values into its history: set cli_history to disabled first.' >&2
    exit 2
  fi
  if [ -d /dev/shm ] && [ -w /dev/shm ]; then
    work=$(mktemp -d /dev/shm/blurt-import.XXXXXXXX) || exit 2
  else
    work=$(mktemp -d "${TMPDIR:-/tmp}/blurt-import.XXXXXXXX") || exit 2
  fi
}

fail() {
  failed="$failed
  $name ($place): $1"
}

# $2 bytes of the file from byte $1 on, or all that follow.
piece() {
  if [ "$2" = - ]; then
    tail -c "+$(($1 + 1))" <"$file"
  else
    tail -c "+$(($1 + 1))" <"$file" | head -c "$2"
  fi
}

# What of the file belongs to no secret: a first byte and a number of bytes for each part.
kept() {
  while [ $# -gt 0 ]; do
    piece "$1" "$2"
    shift 2
  done
}

# The value alone, as it is.
take() {
  case $encoding in
    plain) piece "$start" "$length" ;;
    base64) piece "$start" "$length" | base64 -d | tail -c "+$((skip + 1))" | head -c "$bytes" ;;
  esac >"$work/value" 2>/dev/null
  [ "$(($(wc -c <"$work/value")))" -eq "$bytes" ]
}

# Whether tools that read a file as text leave it as it is, whatever the locale.
is_plain() {
  ! LC_ALL=C grep -q '[^ -~]' "$work/value"
}

# A JSON object with the value as its member $1, in ASCII.
request() {
  printf '{"%s":"' "$1"
  od -An -v -tu1 <"$work/value" | awk '
    function show(code) {
      if (code == 34 || code == 92) printf "\\%c", code
      else if (code >= 32 && code < 127) printf "%c", code
      else if (code < 65536) printf "\\u%04x", code
      else printf "\\u%04x\\u%04x", 55232 + int(code / 1024), 56320 + code % 1024
    }
    {
      for (i = 1; i <= NF; i++) {
        byte = $i + 0
        if (byte < 128) show(byte)
        else if (byte < 192) {
          code = code * 64 + byte - 128
          if (--more == 0) show(code)
        }
        else if (byte < 224) { code = byte - 192; more = 1 }
        else if (byte < 240) { code = byte - 224; more = 2 }
        else { code = byte - 240; more = 3 }
      }
    }'
  printf '"}'
}

put_aws_secret() {
  if rotated=$(aws secretsmanager describe-secret --secret-id "$name" --query LastRotatedDate --output text); then
    if [ -n "$rotated" ] && [ "$rotated" != None ]; then
      why='it was rotated since, and keeps its new value'
      return 1
    fi
    set -- put-secret-value --secret-id "$name"
  else
    set -- create-secret --name "$name" --tags "$tags" ${KMS_KEY:+--kms-key-id "$KMS_KEY"}
  fi
  if is_plain; then
    set -- "$@" --secret-string "file://$work/value"
  else
    request SecretString >"$work/request"
    set -- "$@" --cli-input-json "file://$work/request"
  fi
  aws secretsmanager "$@" --query ARN --output text
}

put_aws_parameter() {
  # One that exists takes no tags; without the key it would be encrypted with another one.
  if aws ssm get-parameter --name "$name" --query Parameter.Name --output text; then
    set -- --overwrite
  else
    set -- --tags "$tags"
  fi
  request Value >"$work/request"
  aws ssm put-parameter --name "$name" --type SecureString ${KMS_KEY:+--key-id "$KMS_KEY"} "$@" \
    --cli-input-json "file://$work/request" --query Version --output text
}

put_vault_secret() {
  request value >"$work/request"
  vault kv put -mount="$VAULT_MOUNT" "$name" "@$work/request"
}

put_google_secret() {
  if gcloud secrets describe "$name" --format='value(name)'; then
    gcloud secrets versions add "$name" --data-file="$work/value"
  else
    gcloud secrets create "$name" --replication-policy=automatic --labels="$tags" --data-file="$work/value"
  fi
}

put_azure_secret() {
  if [ -z "$AZURE_KEY_VAULT" ]; then
    why='set AZURE_KEY_VAULT to the name of the vault'
    return 1
  elif ! is_plain; then
    why='az would change its characters or line ends: put it in by hand'
    return 1
  fi
  # shellcheck disable=SC2086 # one word a tag
  az keyvault secret set --vault-name "$AZURE_KEY_VAULT" --name "$name" --file "$work/value" \
    --encoding utf-8 --tags $tags --output none
}

put() {
  case $store in
    aws-secrets-manager) put_aws_secret ;;
    aws-parameter-store) put_aws_parameter ;;
    vault) put_vault_secret ;;
    gcp-secret-manager) put_google_secret ;;
    azure-key-vault) put_azure_secret ;;
  esac >/dev/null 2>"$work/errors"
}

# Why the last command failed, as far as that can be said without its words.
reason() {
  code=$(sed -n 's/.*An error occurred (\([A-Za-z.]*\)) when calling the \([A-Za-z]*\) operation.*/\2: \1/p' "$work/errors" | tail -n 1)
  printf '%s\n' "${code:-its command failed; see that it is installed, signed in and allowed to}"
}

# relocate NAME STORE TAGS PLACE FILE CHECKSUM ENCODING START LENGTH SKIP BYTES KEPT...
# START and LENGTH are those of the value in the file; decoded, it is BYTES bytes behind the first SKIP.
relocate() {
  name=$1 store=$2 tags=$3 place=$4 file=$5 checksum=$6 encoding=$7
  shift 7
  start=$1 length=$2 skip=$3 bytes=$4
  shift 4
  if [ -n "$dry_run" ]; then
    printf 'would put %s into %s, from %s\n' "$name" "$store" "$place"
    return
  fi
  case $file in
    /*) ;;
    *) file=$ROOT/$file ;;
  esac
  why=
  if ! [ -f "$file" ] || ! [ -r "$file" ]; then
    fail 'the file is not there, or may not be read'
  elif [ "$(kept "$@" | cksum)" != "$checksum" ]; then
    fail 'the file has changed since the scan: make the plan again'
  elif ! take; then
    fail 'the value could not be taken out of the file'
  elif put; then
    printf 'put %s into %s, from %s\n' "$name" "$store" "$place"
    count=$((count + 1))
  else
    fail "${why:-$(reason)}"
  fi
  rm -f "$work/value" "$work/request" "$work/errors"
}

# by_hand NAME STORE PLACE REASON
by_hand() {
  left="$left
  $1 into $2, from $3: $4"
}

begin
@CALLS@
if [ -n "$left" ]; then
  printf 'To be put in by hand:%s\n' "$left" >&2
fi
if [ -n "$dry_run" ]; then
  exit 0
fi
printf '%s put in.\n' "$count"
@ROTATE@
if [ -n "$failed" ]; then
  printf 'Not put in:%s\n' "$failed" >&2
  exit 1
fi
