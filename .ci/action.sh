#!/usr/bin/env bash
# The scan of the GitHub Action (action.yml): its inputs come as variables, never as text of a command; outputs go to $GITHUB_OUTPUT.
set -euo pipefail

words=()
name=azure
if [ -n "${PROBE_ENDPOINT:-}" ]; then words+=(--target "scanned=$PROBE_ENDPOINT"); else name=openai; fi
if [ -n "${PROBE_PROVIDER_NAME:-}" ]; then name=$PROBE_PROVIDER_NAME && words+=(--provider "$name"); fi
if [ -n "${PROBE_ACTION_KEY:-}" ]; then
    if [ -n "${PROBE_ENDPOINT:-}" ]; then words+=(--key-env PROBE_ACTION_KEY); else export OPENAI_API_KEY=$PROBE_ACTION_KEY; fi
fi
if [ -n "${PROBE_URL:-}" ]; then words+=(--failing-url "$PROBE_URL"); fi
while IFS= read -r line; do
    if [ -n "$line" ]; then words+=(--id "$line"); fi
done <<<"${PROBE_IDS:-}"
while IFS= read -r line; do
    if [ -n "$line" ]; then words+=("$line"); fi
done <<<"${PROBE_ARGUMENTS:-}"
fail_on=${PROBE_FAIL_ON:-none}
unset PROBE_ENDPOINT PROBE_PROVIDER_NAME PROBE_URL PROBE_IDS PROBE_ARGUMENTS PROBE_FAIL_ON

folder=$(mktemp -d "${RUNNER_TEMP:-/tmp}/probe.XXXXXX")
code=0
# What a service says is no order to the runner: it obeys nothing until it reads this word, which nobody can guess, again.
word=$(python -I -c 'import secrets; print(secrets.token_hex(16))')
echo "::stop-commands::$word"
# -I: the checked-out folder may be a stranger's pull request, and a folder `probe` in it is not what runs with the key
python -I -m probe scan --no-color -o "$folder" "${words[@]}" || code=$?
echo "::$word::"
case $code in
    0) answer=works ;;
    1) answer=none ;;
    3) answer=undecided ;;
    *) exit "$code" ;;
esac
run=$(find "$folder" -mindepth 1 -maxdepth 1 -type d | head -n 1)
{
    echo "answer=$answer"
    echo "exit-code=$code"
    echo "report=$run"
} >>"$GITHUB_OUTPUT"
if [ -f "$run/report.md" ] && [ -n "${GITHUB_STEP_SUMMARY:-}" ]; then cat "$run/report.md" >>"$GITHUB_STEP_SUMMARY"; fi
case $fail_on:$answer in
    never:*|*:works|undecided:none) exit 0 ;;
    *) exit "$code" ;;
esac
