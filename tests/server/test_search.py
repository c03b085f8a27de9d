"""Search and lists: what is found, in what order, by which index, and that nothing outside the scope has a part in it."""

from __future__ import annotations

import polars as pl
import pytest
from django.db import connection, connections, transaction
from django.db.models import QuerySet
from hypothesis import given, settings
from hypothesis import strategies as st

from jiadi.server.accounts.queries import NOBODY
from jiadi.server.cases.actions import acting
from jiadi.server.database import bulk, keys, sealing
from jiadi.server.database.private import Private
from jiadi.server.database.scope import EVERYWHERE, Scope, narrow
from jiadi.server.register import frames, queries
from jiadi.server.register.models import Division, House, Household, Person, Tally
from jiadi.server.register.queries import finding

HERE, NEXT, FAR = 330802005202, 330802005203, 330803002204
COUNTY = Scope.of(["330802"])
ID = "330802197603151233"
PEOPLE = [("张三", HERE), ("张三丰", NEXT), ("曾小红", HERE), ("张三", NEXT), ("李四", HERE), ("张三", FAR)]
HOUSES = [("a", HERE, "张三", "12号"), ("b", NEXT, "张三丰", "12号"), ("c", FAR, "张三", "12号"), ("d", HERE, "李四", "120号")]


def fill() -> None:
    """A few persons and houses in three villages."""
    narrow(EVERYWHERE)
    with acting(NOBODY, "fill", why="test"):
        persons = pl.DataFrame(
            [(keys.new().hex, place, f"p{order}", name, ID if order == 2 else None) for order, (name, place) in enumerate(PEOPLE)],
            schema=["id", "division", "key", "name", "id_number"],
            orient="row",
        )
        bulk.insert(Person, frames.stored("person", persons))
        houses = pl.DataFrame(
            [(keys.new().hex, place, key, owner, number, f"33080200520210{key}") for key, place, owner, number in HOUSES],
            schema=["id", "division", "key", "owner_name", "house_number", "survey_code"],
            orient="row",
        )
        bulk.insert(House, frames.stored("house", houses))
        Person.objects.filter(key="p4").update(phone_hash=sealing.hash_many(["13900001111"])[0])


def families() -> None:
    """Households of the houses a and d, by another head than the house says."""
    with acting(NOBODY, "fill", why="test"):
        rows = [(keys.new().hex, HERE, "fa", "诸葛明"), (keys.new().hex, HERE, "fd", "诸葛"), (keys.new().hex, FAR, "fx", "诸葛明")]
        frame = pl.DataFrame(rows, schema=["id", "division", "key", "head_name"], orient="row")
        bulk.insert(Household, frames.stored("household", frame))
        for house, family in (("a", "fa"), ("d", "fd")):
            House.objects.filter(key=house).update(household=Household.objects.get(key=family))


@pytest.mark.parametrize(("text", "keys_of"), [("诸葛", ["fd", "fa"]), ("诸葛明", ["fa"]), ("zgm", ["fa"]), ("zhugeming", ["fa"])])
def test_a_household_is_found_by_its_head(filled: None, text: str, keys_of: list[str]) -> None:
    families()
    assert found(text)["household"] == keys_of
    assert "household" not in found(text, names=Scope())


def test_a_household_is_found_by_village_and_house_number(filled: None) -> None:
    families()
    village = Division.objects.get(code=HERE).name
    assert found(f"{village}12号") == {"house": ["a"], "household": ["fa"]}
    assert found(f"{village} 12") == {"house": ["a", "d"], "household": ["fa", "fd"]}
    assert found(f"{village}12号", Scope.of([str(NEXT)])) == {}
    narrow(EVERYWHERE)
    with acting(NOBODY, "fill", why="test"):
        House.objects.filter(key="d").update(house_number="某村 8号")
    assert found("某村") == {"house": ["d"], "household": ["fd"]}


@pytest.fixture
def filled(db: Private) -> None:
    """In a transaction that is taken back."""
    fill()


def found(text: str, scope: Scope = COUNTY, names: Scope | None = None, home: Scope | None = None) -> dict[str, list[str]]:
    """Table → keys."""
    narrow(scope)
    told = queries.search(scope, scope if names is None else names, text, home)
    return {table: [row.key for row in rows] for table, rows in told.rows.items()}


def test_a_name_is_found_whole_before_in_part(filled: None) -> None:
    assert found("张三") == {"person": ["p0", "p3", "p1"], "house": ["a", "b"]}
    assert found("张三", EVERYWHERE)["person"] == ["p0", "p3", "p5", "p1"]
    assert found("张") == {"person": ["p0", "p3", "p1"], "house": ["a", "b"]}


def test_at_home_comes_first_among_the_like(filled: None) -> None:
    assert found("张三", home=Scope.of([str(NEXT)])) == {"person": ["p3", "p0", "p1"], "house": ["a", "b"]}


@pytest.mark.parametrize("text", ["zxh", "ZengXiaoHong", "zeng xiao", "曾小红", "曾小", ID, ID.lower(), "ｚｘｈ"])
def test_a_person_is_found_in_every_way(filled: None, text: str) -> None:
    assert found(text)["person"] == ["p2"]


def test_a_phone_number_is_found_whole_alone(filled: None) -> None:
    assert found("13900001111") == {"person": ["p4"]}
    assert found("1390000111") == {}


def test_numbers_and_codes(filled: None) -> None:
    assert found("12号") == {"house": ["a", "b"]}
    assert found("12") == {"house": ["a", "b", "d"]}
    assert found("33080200520210b") == {"house": ["b"]}
    assert [one.code for one in queries.search(COUNTY, COUNTY, "石梁镇").places] == [330802100000]
    assert found("") == found(" ") == found("%") == found("_") == found("没有这个人") == {}


def test_whoever_may_not_see_names_finds_none_by_them(filled: None) -> None:
    for text in ("张三", "zs", ID, "13900001111"):
        assert found(text, names=Scope()) == {}
    assert found("12号", names=Scope()) == {"house": ["a", "b"]}


def plan(rows: QuerySet[House], *, first: str = "said") -> str:
    """How the app's role would read the first page of it, if the table were large."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
        cursor.execute("SET LOCAL enable_sort = off; SET LOCAL enable_incremental_sort = off")
        sql, params = rows.order_by(first, "id")[:50].query.sql_with_params()
        cursor.execute(f"EXPLAIN {sql}", params)
        return "\n".join(line for (line,) in cursor.fetchall())


TEXTS = sorted({(table, column) for columns in finding.WORDS.values() for table, names in columns.items() for column in names})


@pytest.mark.parametrize(("table", "column"), TEXTS)
@pytest.mark.parametrize("code", ["330802", str(HERE)])
def test_every_text_has_an_index_that_row_level_security_lets_through(db: Private, table: str, column: str, code: str) -> None:
    scope = Scope.of([code])
    narrow(scope)
    told = plan(queries.beginning(finding.listed(table, scope), column, "张"))
    condition = next(line for line in told.splitlines() if "Index Cond" in line)
    assert f"Index Scan using {table}_text_" in told and f"{column})::text >=" in condition and "<" in condition, told


def test_like_would_not_use_the_index(db: Private) -> None:
    """What the ranges are for: the same by LIKE waits for row-level security."""
    narrow(COUNTY)
    told = plan(finding.listed("house", COUNTY).filter(survey_code__startswith="3308"), first="division")
    assert "house_text_survey_code" not in told and "~~" in next(line for line in told.splitlines() if "Filter" in line)


@pytest.mark.parametrize("column", ["id_number_hash", "phone_hash"])
def test_numbers_have_an_index(db: Private, column: str) -> None:
    narrow(COUNTY)
    rows = finding.listed("person", COUNTY).filter(**{column: b"x"})
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
        sql, params = rows.query.sql_with_params()
        cursor.execute(f"EXPLAIN {sql}", params)
        told = "\n".join(line for (line,) in cursor.fetchall())
    assert f"({column} =" in next(line for line in told.splitlines() if "Index Cond" in line), told


@pytest.mark.parametrize("table", sorted(finding.MODELS))
def test_a_list_reads_one_page_by_the_index_of_places(db: Private, table: str) -> None:
    narrow(COUNTY)
    told = plan(finding.listed(table, Scope.of(["330802"])), first="division") if table != "zone" else "zone_place Index Cond"
    assert f"{table}_place" in told and "Index Cond" in told and "Sort" not in told, told


def test_search_answers_while_an_index_is_gone(database: Private) -> None:
    """As when it is built anew; slower, but the same."""
    gone = ("person_text_name", "person_text_initials", "house_text_owner_name")
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT indexdef FROM pg_indexes WHERE indexname = ANY(%s)", [list(gone)])
        made = [line for (line,) in cursor.fetchall()]
        assert len(made) == len(gone)
        cursor.execute(f"DROP INDEX {', '.join(gone)}")
        try:
            with transaction.atomic():
                fill()
                assert found("张三") == {"person": ["p0", "p3", "p1"], "house": ["a", "b"]}
                assert found("zxh")["person"] == ["p2"]
                transaction.set_rollback(True)
        finally:
            for line in made:
                cursor.execute(line.replace("CREATE INDEX", "CREATE INDEX CONCURRENTLY"))


rows_of_lists = st.lists(st.tuples(st.sampled_from([HERE, NEXT, FAR]), st.sampled_from(["张", "张三", "王", None])), max_size=12)


@settings(max_examples=25, deadline=None)
@given(rows=rows_of_lists, size=st.integers(1, 4), text=st.sampled_from(["", "张"]))
def test_pages_forth_and_back_give_every_row_once(database: Private, rows: list[tuple[int, str | None]], size: int, text: str) -> None:
    with transaction.atomic():
        narrow(EVERYWHERE)
        with acting(NOBODY, "fill", why="test"):
            for order, (place, name) in enumerate(rows):
                House.objects.create(key=f"k{order}", division=place, owner_name=name)
        narrow(COUNTY)
        base = finding.listed("house", COUNTY)
        listed, first = (queries.beginning(base, "owner_name", text), "said") if text else (base, "division")
        forth, after, pages = [], "", []
        while True:
            held = queries.page(listed, first, after=after, size=size)
            forth += [row.key for row in held.rows]
            pages.append(held)
            if not (after := held.after):
                break
        wanted = [f"k{order}" for order, (place, name) in enumerate(rows) if place != FAR and (not text or (name or "").startswith(text))]
        assert sorted(forth) == sorted(wanted) and pages[0].before == ""
        back = []
        while before := held.before:
            held = queries.page(listed, first, before=before, size=size)
            back = [row.key for row in held.rows] + back
        assert back == forth[: len(back)] and len(forth) - len(back) <= size
        transaction.set_rollback(True)


def test_what_is_no_position_is_refused(db: Private) -> None:
    for position in ("x", "0" * 32, "0" * 32 + "x", "-1"):
        with pytest.raises(ValueError, match=r".*"):
            queries.page(finding.listed("house", COUNTY), after=position)


@settings(max_examples=25, deadline=None)
@given(steps=st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from([HERE, NEXT, FAR, None])), max_size=12))
def test_the_database_counts_as_one_would_count(database: Private, steps: list[tuple[str, int | None]]) -> None:
    with transaction.atomic():
        narrow(EVERYWHERE)
        with acting(NOBODY, "change", why="test"):
            for key, place in steps:
                if place is None:
                    House.objects.filter(key=key).delete()
                elif not House.objects.filter(key=key).update(division=place):
                    House.objects.create(key=key, division=place)
        for scope in (COUNTY, Scope.of([str(HERE)]), EVERYWHERE, Scope()):
            narrow(scope)
            assert queries.count(scope, "house") == House.objects.filter(scope.where()).count()
        narrow(EVERYWHERE)
        by_county = {place: held["house"] for place, held in queries.counts(EVERYWHERE, 10**6).items()}
        real = {place: House.objects.filter(division__range=(place, place + 999999)).count() for place in (330802000000, 330803000000)}
        assert by_county == {place: many for place, many in real.items() if many}
        transaction.set_rollback(True)


def test_nobody_writes_the_counts_by_hand(db: Private) -> None:
    narrow(EVERYWHERE)
    with pytest.raises(Exception, match="permission denied"), transaction.atomic():
        Tally.objects.create(division=HERE, what="house", count=7)
