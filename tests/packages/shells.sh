#!/usr/bin/env bash
# Completes command lines in the shells that are here, and reads the manual pages as their readers do.
# shellcheck source=tests/packages/prepare.sh
. "$(dirname "$0")/prepare.sh"
[ -x "$installed/privatelint" ] || "$here/wheel.sh"
PATH=$installed:$PATH

# What bash offers for the last of the words.
bash_offers() {
    bash --norc -c '
        source <(privatelint completions bash)
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMP_LINE="$*" COMP_POINT=${#COMP_LINE} COMPREPLY=()
        _privatelint "$1" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
        printf "%s\n" "${COMPREPLY[@]}"
    ' bash "$@"
}
bash_offers privatelint comp | grep -x completions >/dev/null || fail 'bash: a command'
bash_offers privatelint check --templates | grep -x -- --templates-only >/dev/null || fail 'bash: an option'
bash_offers privatelint check --format js | grep -x json >/dev/null || fail 'bash: a value'
bash_offers privatelint explain acceptance | grep -x acceptance-off >/dev/null || fail 'bash: a rule'
echo 'bash: ok'
for shell in zsh fish pwsh elvish; do
    script=$work/completions.$shell
    if ! command -v "$shell" >/dev/null; then
        echo "$shell: not here"
        continue
    fi
    case $shell in
    zsh)
        privatelint completions zsh >"$script"
        zsh -n "$script" && zsh -fc "autoload -U compinit; compinit -D; source '$script'; whence _privatelint >/dev/null"
        ;;
    fish)
        privatelint completions fish >"$script"
        fish --no-config -c "source '$script'; complete -C 'privatelint check --select acceptance'" | grep '^acceptance-off' >/dev/null
        ;;
    pwsh)
        privatelint completions powershell >"$script"
        pwsh -NoProfile -Command ". '$script'; (TabExpansion2 'privatelint comp' 16).CompletionMatches.CompletionText" |
            grep -x completions >/dev/null
        ;;
    elvish)
        privatelint completions elvish >"$script"
        elvish -norc -compileonly "$script"
        ;;
    esac || fail "$shell"
    echo "$shell: ok"
done

rm -rf "$work/man"
privatelint man --output "$work/man"
for page in "$work"/man/*.1; do
    if command -v man >/dev/null; then
        # A warning of the formatter is a mistake of ours.
        MANWIDTH=100 man --warnings --local-file "$page" >"$work/page" 2>"$work/warnings" || fail "man $page"
        [ ! -s "$work/warnings" ] || fail "$page: $(cat "$work/warnings")"
        grep -q 'SYNOPSIS' "$work/page" || fail "$page has no synopsis"
    fi
    if command -v mandoc >/dev/null; then
        mandoc -Tlint -Werror "$page" || fail "mandoc $page"
    fi
done
echo 'manual pages: ok'
