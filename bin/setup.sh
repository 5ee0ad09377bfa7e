# Sourced by the other commands: finds Python, and creates virtual environments from the locks.
# Environment: PYTHON, the interpreter to use; VENV, the directory of the environments (default: .venv-plugin), and of their bytecode.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
venv=${VENV:-$root/.venv-plugin}
export PYTHONPATH="$root/src" PYTHONPYCACHEPREFIX="$venv/bytecode" PIP_DISABLE_PIP_VERSION_CHECK=1 UV_SYSTEM_CERTS=1
unset PYTHONDONTWRITEBYTECODE # each process that starts would compile its modules again: a second of CPU time
[ -z "${PIP_INDEX_URL:-}" ] || export UV_DEFAULT_INDEX="${UV_DEFAULT_INDEX:-$PIP_INDEX_URL}"

missing=() python=

show_help() { # ARGUMENT...  with -h or --help, prints the header of the command and exits
    local each
    for each in "$@"; do
        case $each in
        -h | --help)
            sed -n '2,${/^#/!q;s/^# \{0,1\}//p}' "$0"
            exit 0
            ;;
        esac
    done
}

refuse() { # SENTENCE [STATUS]
    printf 'bin/%s: %s\n' "${0##*/}" "$1" >&2
    exit "${2:-1}"
}

need() { # COMMAND PACKAGE  installs a missing command from Debian if possible; starts no service
    command -v "$1" >/dev/null && return
    { apt-get update -qq && RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends -o DPkg::Lock::Timeout=120 "$2"; } >/dev/null 2>&1 ||
        missing+=("$1 (Debian package $2)")
}

report_missing() { # exits with the list of missing commands
    [ ${#missing[@]} = 0 ] && return
    printf 'needed, and neither here nor installable by this user:\n' >&2
    printf '  %s\n' "${missing[@]}" >&2
    exit 1
}

suitable() { # INTERPRETER  Python 3.11 to 3.14 that can make virtual environments (Debian's needs python3-venv for it)
    "$1" -c 'import ensurepip, sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))' 2>/dev/null
}

interpreters() { # MINOR  prints where Python 3.MINOR may be: on the PATH, or one of pyenv's and uv's
    printf '%s\n' "python3.$1" "${PYENV_ROOT:-$HOME/.pyenv}/versions/3.$1".*/bin/python3 "${UV_PYTHON_INSTALL_DIR:-$HOME/.local/share/uv/python}/cpython-3.$1".*/bin/python3
}

find_python() { # sets $python: PYTHON, python3, or the newest suitable one
    local minor candidate
    [ -n "$python" ] && return
    while read -r candidate; do
        suitable "$candidate" && python=$candidate && return
    done < <(
        echo "${PYTHON:-python3}"
        [ -n "${PYTHON:-}" ] || for minor in 14 13 12 11; do interpreters $minor; done
    )
    cat >&2 <<END
$([ -n "${PYTHON:-}" ] && echo "PYTHON=$PYTHON is no Python that these commands can use." || echo "No Python that these commands can use was found.")
They need Python 3.11 to 3.14 with its modules venv and ensurepip. Ways to one:
  uv python install 3.14, or pyenv install 3.14
  the distribution's package: python3 and python3-venv on Debian and Ubuntu, python3.14 on Fedora
  PYTHON=/path/to/python before the command, if there is one elsewhere
The image brings its own: docker build -t plugin-oci-ons-mon-webhook .
END
    exit 1
}

install() { # DIRECTORY LOCK...  creates an environment from these locks
    find_python
    install_with "$python" "$@"
}

install_on() { # VERSION DIRECTORY LOCK...  the same on that Python, such as 3.10; on the usual one, with a warning, where there is none
    local each found=
    find_python
    while read -r each; do
        [ -n "$found" ] || ! "$each" -c '' 2>/dev/null || found=$each
    done < <(interpreters "${1#3.}")
    [ -n "$found" ] || echo "Python $1 is not on this machine: ${2##*/} runs on $("$python" --version) instead" >&2
    install_with "${found:-$python}" "${@:2}"
}

install_with() { # INTERPRETER DIRECTORY LOCK...  under a lock
    local interpreter=$1 dir=$2 stamp
    shift 2
    stamp=$("$interpreter" --version; cat "$@")
    is_installed && return
    mkdir -p "$venv"
    exec 8>"$venv/lock"
    ! command -v flock >/dev/null || flock --nonblock 8 || { echo "waiting for another command that installs" >&2 && flock 8; }
    is_installed || build "$@"
    exec 8>&-
}

is_installed() {
    [ "$stamp" = "$(cat "$dir/installed" 2>/dev/null)" ] && "$dir/bin/python" -c '' 2>/dev/null
}

build() { # LOCK...  replaces $dir atomically
    local name=${dir#"$root"/} begun=$SECONDS new=$dir.new quiet=--quiet
    [ ! -t 2 ] || quiet=
    trap 'rm -rf "$new"; trap - INT; refuse "interrupted while it installed into $name; the next command begins anew" 130' INT
    echo "installing $(cat "$@" | grep -c '^[^ #].*==') packages into $name (once; some seconds to two minutes, as fast as the network)" >&2
    rm -rf "$new"
    get_uv &&
        "$venv/uv/bin/uv" venv --quiet --relocatable --python "$interpreter" "$new" &&
        "$venv/uv/bin/uv" pip sync $quiet --python "$new/bin/python" --require-hashes "$@" >&2 || {
        rm -rf "$new"
        refuse "nothing was installed into $name, as said above. Is there a network? HTTPS_PROXY names a proxy, PIP_INDEX_URL another package index."
    }
    printf '%s' "$stamp" >"$new/installed"
    rm -rf "$dir" "$venv/bytecode$dir"
    mv "$new" "$dir"
    trap - INT
    echo "done in $((SECONDS - begun)) s, $(du -sm "$dir" | cut -f1) MB" >&2
}

get_uv() { # the installer, which pip installs with its hash checked
    local uv=$venv/uv
    "$uv/bin/uv" --version 2>/dev/null | grep -qF "$(sed -n 's/^uv==\([0-9.]*\).*/\1/p' "$root/pkg/uv_lock.txt")" && return
    rm -rf "$uv"
    "$python" -m venv "$uv" && "$uv/bin/python" -m pip install -qq --retries 1 --no-deps --require-hashes -r "$root/pkg/uv_lock.txt" >&2
}
