# Sourced by the commands beside it: makes .venv and installs the locked requirements, once for each state of the locks.
# The environment variable PYTHON names the interpreter (3.10 to 3.13; default python3).
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
venv=${VENV:-$root/.venv}
export PYTHONPATH="$root/src" PYTHONDONTWRITEBYTECODE=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore

missing=()

need() { # COMMAND PACKAGE  a command of Debian's, installed if it is missing and can be; no service is started
    command -v "$1" >/dev/null && return
    { apt-get update -qq && RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends -o DPkg::Lock::Timeout=120 "$2"; } >/dev/null 2>&1 ||
        missing+=("$1 (Debian package $2)")
}

report_missing() { # ends with one message that names every command that could not be installed
    [ ${#missing[@]} = 0 ] && return
    printf 'needed, and neither here nor installable by this user:\n' >&2
    printf '  %s\n' "${missing[@]}" >&2
    exit 1
}

install() { # DIRECTORY LOCK...  a virtual environment with exactly these locks in it
    local dir=$1 python=${PYTHON:-python3} stamp lock args=()
    shift
    "$python" -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))' || {
        echo "Python 3.10 to 3.13 is needed, and $python is not: set PYTHON to one" >&2
        exit 1
    }
    stamp=$("$python" --version; cat "$@")
    [ "$stamp" = "$(cat "$dir/installed" 2>/dev/null)" ] && return
    for lock in "$@"; do args+=(-r "$lock"); done
    echo "installing into ${dir#"$root"/} (once)" >&2
    rm -rf "$dir"
    "$python" -m venv "$dir" && "$dir/bin/python" -m pip install -qq --no-deps --require-hashes "${args[@]}" >&2 || exit 1
    printf '%s' "$stamp" >"$dir/installed"
}
