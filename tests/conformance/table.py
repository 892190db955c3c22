"""Tables in Markdown, and the rows that failed."""


class Table:
    """Prints its rows when it is complete; a row of this worker that fails is kept."""

    def __init__(self, title, columns, note=""):
        self.title, self.columns, self.note = title, columns, note
        self.rows = []
        self.failures = []

    def row(self, *cells, failure=None):
        self.rows.append([str(cell) for cell in cells])
        if failure:
            self.failures.append(f"{cells[0]}: {failure}")

    def markdown(self):
        lines = ["| " + " | ".join(self.columns) + " |", "|" + "---|" * len(self.columns)]
        lines += ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in self.rows]
        note = f"{self.note}\n\n" if self.note else ""
        return f"### {self.title}\n\n{note}" + "\n".join(lines) + "\n"

    def print(self):
        print("\n" + self.markdown(), flush=True)
        for failure in self.failures:
            print(f"FAILED {self.title}: {failure}", flush=True)
