"""The tables in docs/benchmarks.md, and nothing of the text around them."""
import sys

BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"
TITLES = {"tree": "A tree", "history": "A whole history", "staged": "Staged changes"}


def check(document):
    """Stops when there is no place for the tables, before anything is measured."""
    text = document.read_text() if document.is_file() else ""
    if END not in text.partition(BEGIN)[2]:
        sys.exit(f"{document} has no {BEGIN} and {END} to put the tables between")


def replace(document, results):
    before, _, rest = document.read_text().partition(BEGIN)
    after = rest.partition(END)[2]
    document.write_text(f"{before}{BEGIN}\n\n{tables(results)}\n\n{END}{after}")


def tables(results):
    parts = [setting(results), versions(results["tools"]), commands(results)]
    parts += [corpus(one, results["tools"]) for one in results["corpora"]]
    if results["left_out"]:
        parts.append("Left out:\n\n" + "\n".join(f"- {line}" for line in results["left_out"]))
    return "\n\n".join(parts)


def setting(results):
    on = results["machine"]
    return (f"Measured on {results['date']}: {on['cores']} cores of {on['model']}, "
            f"{on['memory'] / 1e9:.0f} GB of memory, {on['system']}. "
            f"Minimum of {counted(results['runs'])} after a warm-up.")


def counted(runs):
    return f"{runs} runs" if runs > 1 else "one run"


def table(head, rows, text_columns):
    """A table in Markdown; all but some first columns and the last are for numbers."""
    lines = [head, ["---" if n < text_columns or n == len(head) - 1 else "---:"
                    for n in range(len(head))], *rows]
    return "\n".join("| " + " | ".join(cell(word) for word in line) + " |" for line in lines)


def cell(word):
    return str(word).replace("|", "\\|").replace("<", "&lt;")


def versions(tools):
    programs = {}
    for tool in tools:
        program = tool["name"].split(",")[0].split(" ")[0]
        programs.setdefault(program, [program, tool["version"], tool["origin"] or ""])
    return "### Versions\n\n" + table(["Tool", "Version", "Installed as"], programs.values(), 3)


def commands(results):
    measured = {one["mode"] for one in results["corpora"]}
    rows = [[mode, f"`{command}`"] for tool in results["tools"]
            for mode, command in tool["commands"].items() if mode in measured]
    return "### Commands\n\n" + table(["Mode", "Command"], sorted(rows, key=by_mode), 2)


def by_mode(row):
    return list(TITLES).index(row[0])


def corpus(measured, tools):
    rows = summed(measured["runs"], [tool["name"] for tool in tools])
    floors = [tool["name"] for tool in tools if tool["floor"] and tool["name"] in rows]
    timed = {name: row for name, row in rows.items() if not row["failed"]}
    floor = next((name for name in floors if name in timed), None)
    order = sorted(rows, key=lambda name: (name not in floors, not name.startswith("blurt"),
                                           name not in timed, rows[name]["cpu"] or 0))
    lines = [line(name, rows[name], timed[floor]["cpu"] if floor else None) for name in order]
    against = f"; the ratio is to the CPU time of `{floor}`" if floor else ""
    head = ["Tool", "CPU s", "Ratio", "Wall s", "Peak MB", "Findings", "Note"]
    return (f"### {TITLES[measured['mode']]}: {measured['name']}\n\n"
            f"{measured['about'][:1].upper()}{measured['about'][1:]}{against}.\n\n"
            + table(head, lines, 1))


def summed(runs, names):
    """One row a tool: minima of time, the highest peak; no figures where a run failed."""
    rows = {}
    for name in names:
        own = [run for run in runs if run["tool"] == name]
        if not own:
            continue
        failed = next((run["failed"] for run in own if "failed" in run), None)
        rows[name] = {"failed": failed, "cpu": None} if failed else {
            "failed": None,
            "cpu": min(run["cpu"] for run in own),
            "wall": min(run["wall"] for run in own),
            "peak": max(run["peak"] for run in own),
            "findings": findings([run.get("findings") for run in own]),
            "note": "; ".join(filter(None, [own[-1].get("note", ""),
                                            "one run only" if own[0]["round"] == 0 else ""])),
        }
    return rows


def findings(counts):
    """The count; from fewest to most where a tool's runs differ."""
    if None in counts:
        return ""
    low, high = min(counts), max(counts)
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def line(name, row, floor):
    if row["failed"]:
        return [name, "failed", "", "", "", "", row["failed"]]
    ratio = f"{row['cpu'] / floor:.1f}" if floor else ""
    return [name, seconds(row["cpu"]), ratio, seconds(row["wall"]), f"{row['peak'] / 1e6:,.0f}",
            row["findings"], row["note"]]


def seconds(figure):
    return f"{figure:.3f}" if figure < 1 else f"{figure:.2f}"
