"""How fast exported usage events are loaded: `python -m bench.usage_exports [--events 1000000]`.

Per system: events a second from the downloaded files on, CPU seconds for a million of them (of all cores
together: what to compare on a busy machine), and the ratio to DuckDB alone reading the same bytes with
`read_json` into a table, finding columns and types by itself or given them. Then units exported anew with
other events, a quarter as many. Last what DuckDB alone does with lines of few short columns, given them: such
as the drop folder's.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb
from pydantic import SecretStr

from assets.sources import amplitude, mixpanel, pendo, segment
from assets.sources.bulk.batches import UnitFile, take_files
from assets.sources.bulk.loading import begun
from assets.sources.bulk.schema import EventTable
from assets.sources.bulk.staging import Export
from assets.sources.bulk.windows import day_of_line
from assets.sources.load_log import FileState
from warehouse.working import open_warehouse

FILES = 8
NOW = datetime(2026, 10, 21, tzinfo=UTC)
MOMENT = "timestamp '2026-10-01' + to_microseconds(cast(n * (10 * 86400e6 / $events) as bigint))"
ISO = f"strftime({MOMENT}, '%Y-%m-%dT%H:%M:%S.%gZ')"
PROPERTIES = "feature: 'feature_' || (n % 40), quantity: 1 + n % 9, channel: 'ui', page: '/p/' || (n % 100)"
USER, GROUP = "'u-' || (n * 7919 % 40000)", "'A-' || (n % 2000)"
BROWSER = "'Mozilla/5.0 (X11; Linux x86_64)'"
SHORT = "few short columns"
LINES = {
    SHORT: f"""{{event_id: md5(n::varchar), account_id: {GROUP}, user_id: {USER},
        event_name: 'event_' || (n % 30), feature: 'feature_' || (n % 40), occurred_at: {ISO},
        channel: 'ui', quantity: 1 + n % 9}}""",
    "segment": f"""{{messageId: 'ajs-' || md5(n::varchar), type: 'track', event: 'event_' || (n % 30),
        userId: {USER}, anonymousId: md5((n % 50000)::varchar), timestamp: {ISO}, sentAt: {ISO},
        receivedAt: {ISO}, properties: {{{PROPERTIES}}}, context: {{groupId: {GROUP},
        library: {{name: 'analytics.js', version: 'npm:next-1.76.0'}}, ip: '203.0.113.7',
        userAgent: {BROWSER}}}, integrations: {{}}}}""",
    "mixpanel": f"""{{event: 'event_' || (n % 30), properties: {{time: epoch_ms({MOMENT}),
        distinct_id: {USER}, '$user_id': {USER}, '$insert_id': md5(n::varchar), company_id: {GROUP},
        mp_lib: 'web', '$os': 'Linux', '$browser': 'Chrome', mp_processing_time_ms: epoch_ms({MOMENT}),
        {PROPERTIES}}}}}""",
    "amplitude": f"""{{'$insert_id': md5(n::varchar), uuid: md5((n + 7)::varchar), user_id: {USER},
        event_type: 'event_' || (n % 30), event_time: strftime({MOMENT}, '%Y-%m-%d %H:%M:%S.%f'),
        server_upload_time: strftime({MOMENT}, '%Y-%m-%d %H:%M:%S.%f'), amplitude_id: n % 40000,
        device_id: md5((n % 50000)::varchar), platform: 'Web', library: 'amplitude-ts/2.1',
        country: 'Germany', city: 'Berlin', os_name: 'Chrome', session_id: n // 20,
        event_properties: {{{PROPERTIES}}}, user_properties: {{plan: 'team'}},
        groups: {{company: [{GROUP}]}}, group_properties: {{}}}}""",
    "pendo": f"""{{visitorId: {USER}, accountId: {GROUP}, day: epoch_ms(date_trunc('day', {MOMENT})),
        featureId: 'feature-' || (n % 40), appId: 5012345678, numEvents: 1 + n % 9, numMinutes: n % 5,
        remoteIp: '203.0.113.7', server: 'app.example', userAgent: {BROWSER} || n}}""",
}
DAYS = [f"2026-10-{day:02d}" for day in range(1, 11)]


@dataclass(frozen=True)
class System:
    """`exports`: what is taken with one call each, from the files of lines."""

    table: EventTable
    exports: Callable[[list[Path]], list[Export]] | None = None


def _by_day(place: str, prefix: str = "") -> Callable[[list[Path]], list[Export]]:
    units = [f"{prefix}{day}" for day in DAYS]
    unit_of = day_of_line(place, units, prefix=prefix)
    return lambda files: [Export(dict.fromkeys(files, units[0]), unit_of=unit_of, listed=units)]


def _by_hour(files: list[Path]) -> list[Export]:
    return [Export({path: f"2026-10-01T{number:02d}" for number, path in enumerate(files)})]


SECRET = SecretStr("none")
SYSTEMS = {
    "segment": System(segment.events_table(segment.Settings(folder=Path()))),
    "mixpanel": System(
        mixpanel.events_table(mixpanel.Settings(api_secret=SECRET)), _by_day("/properties/time")
    ),
    "amplitude": System(
        amplitude.events_table(amplitude.Settings(api_key=SECRET, secret_key=SECRET)), _by_hour
    ),
    "pendo": System(pendo.events_table(pendo.Settings(integration_key=SECRET)), _by_day("/day", "feature/")),
}


def write_lines(system: str, folder: Path, events: int, *, salt: int = 0) -> list[Path]:
    """Gzipped JSON lines, in files of equal size."""
    maker, files = duckdb.connect(), []
    each = events // FILES
    for number in range(FILES):
        path = folder / f"{salt}-{number}.json.gz"
        line = f"select to_json({LINES[system].replace('$events', str(events))})::varchar"
        maker.execute(
            f"copy ({line} from range({number * each}, {(number + 1) * each}) as numbers (n)) to '{path}'"
            " (format csv, header false, quote '', escape '', delimiter '\x01', compression gzip)"
        )
        files.append(path)
    return files


def seconds_of(work: Callable[[], object]) -> tuple[float, float]:
    """By the clock, and of all cores together: on a busy machine the second says more."""
    started, used = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - started, time.process_time() - used


def plain(files: list[Path], place: Path, columns: str = "") -> tuple[float, float]:
    """DuckDB alone: the lines' own keys as columns of a table, types as it finds them or as given."""
    with open_warehouse(place) as connection:
        return seconds_of(
            lambda: connection.execute(f"create table lines as from {_lines_in(files, columns)}")
        )


def columns_found(files: list[Path]) -> str:
    """What `read_json` finds, as its option."""
    found = duckdb.sql(f"describe from {_lines_in(files)}").fetchall()
    columns = ", ".join(f"'{name}': '{sql_type}'" for name, sql_type, *_ in found)
    return f", columns = {{{columns}}}"


def _lines_in(files: list[Path], columns: str = "") -> str:
    paths = ", ".join(f"'{path}'" for path in files)
    return f"read_json([{paths}], format = 'newline_delimited'{columns})"


def short_lines(events: int) -> str:
    with tempfile.TemporaryDirectory() as place:
        files = write_lines(SHORT, Path(place), events)
        seconds, used = plain(files, Path(place) / "short.duckdb", columns_found(files))
    return (
        f"{SHORT}: DuckDB alone, given them, {events / seconds:,.0f} a second"
        f" ({used / events * 1e6:.1f} CPU-s a million)\n"
    )


def loaded(name: str, files: list[Path], place: Path) -> tuple[tuple[float, float], int]:
    """Seconds as above, and rows taken in."""
    system = SYSTEMS[name]
    with open_warehouse(place) as connection:
        load = begun(connection, name, system.table, now=NOW, tell=lambda message: None)

        def work() -> None:
            if system.exports is None:
                states = [(path, FileState(0, 0, str(path), str(path))) for path in files]
                take_files(load, [UnitFile(path.name[2:], path, state) for path, state in states])
            else:
                for export in system.exports(files):
                    load.take(export)

        return seconds_of(work), load.counts.rows_in


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.usage_exports", description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--system", choices=list(SYSTEMS), action="append")
    asked = parser.parse_args()
    for name in asked.system or SYSTEMS:
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place)
            files = write_lines(name, folder, asked.events)
            alone, alone_used = plain(files, folder / "plain.duckdb")
            told, told_used = plain(files, folder / "told.duckdb", columns_found(files))
            (first, used), rows = loaded(name, files, folder / "warehouse.duckdb")
            anew = write_lines(name, folder, asked.events // 4, salt=1)
            (again, _), more = loaded(name, anew, folder / "warehouse.duckdb")
        sys.stdout.write(
            f"{name}: {rows:,} events in {first:.1f} s, {rows / first:,.0f} a second"
            f" ({used / rows * 1e6:.1f} CPU-s a million);"
            f" DuckDB alone {rows / alone:,.0f} a second ({alone_used / rows * 1e6:.1f} CPU-s a million);"
            f" ratio {alone / first:.2f} ({alone_used / used:.2f} by CPU);"
            f" with columns given {rows / told:,.0f} a second;"
            f" ratio {told / first:.2f} ({told_used / used:.2f} by CPU);"
            f" units exported anew {more / again:,.0f} events a second\n"
        )
        sys.stdout.flush()
    sys.stdout.write(short_lines(asked.events))


if __name__ == "__main__":
    main()
