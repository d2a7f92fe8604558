"""The course's gallery in the documentation: a page a row, made from a run of the row.

    recorded (a row run once, for both languages) → outcomes/e3.json, pictures
    pages, index (texts, code and outcome → Markdown), table (claims, figures, times)

`docs/make_course.py` calls them. An outcome keeps what was said as keys and values, not
as sentences: a better wording does not need another run.
"""
