# Sourced by the commands beside it: makes .venv and installs the locked requirements, once for each state of the locks.
# The environment variable PYTHON names the interpreter; without it, python3 is taken, or the newest one that is suitable.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
venv=${VENV:-$root/.venv}
export PYTHONPATH="$root/src" PYTHONDONTWRITEBYTECODE=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore

missing=() python=

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

suitable() { # INTERPRETER  Python 3.10 to 3.13 that can make virtual environments (Debian's needs python3-venv for it)
    "$1" -c 'import ensurepip, sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null
}

find_python() { # sets $python: PYTHON, python3, or the newest suitable one on the PATH or of pyenv's and uv's
    local minor candidate pyenv=${PYENV_ROOT:-$HOME/.pyenv}/versions uv=${UV_PYTHON_INSTALL_DIR:-$HOME/.local/share/uv/python}
    [ -n "$python" ] && return
    local candidates=("${PYTHON:-python3}")
    if [ -z "${PYTHON:-}" ]; then
        for minor in 13 12 11 10; do
            candidates+=("python3.$minor" "$pyenv/3.$minor".*/bin/python3 "$uv/cpython-3.$minor".*/bin/python3)
        done
    fi
    for candidate in "${candidates[@]}"; do
        suitable "$candidate" && python=$candidate && return
    done
    cat >&2 <<END
$([ -n "${PYTHON:-}" ] && echo "PYTHON=$PYTHON is no Python that these commands can use." || echo "No Python that these commands can use was found.")
They need Python 3.10 to 3.13 with its modules venv and ensurepip. Ways to one:
  uv python install 3.12, or pyenv install 3.12
  the distribution's package: python3 and python3-venv on Debian and Ubuntu, python3.12 on Fedora
  PYTHON=/path/to/python before the command, if there is one elsewhere
The image brings its own: docker build -t plugin-oci-ons-mon-webhook .
END
    exit 1
}

install() { # DIRECTORY LOCK...  a virtual environment with exactly these locks in it
    local dir=$1 stamp lock args=()
    shift
    find_python
    stamp=$("$python" --version; cat "$@")
    [ "$stamp" = "$(cat "$dir/installed" 2>/dev/null)" ] && return
    for lock in "$@"; do args+=(-r "$lock"); done
    echo "installing into ${dir#"$root"/} (once)" >&2
    rm -rf "$dir"
    "$python" -m venv "$dir" && "$dir/bin/python" -m pip install -qq --no-deps --require-hashes "${args[@]}" >&2 || exit 1
    printf '%s' "$stamp" >"$dir/installed"
}
