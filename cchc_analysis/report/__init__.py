"""Notebooks to a site: jobs, pages in Vietnamese and English, an index and a manifest.

A :class:`Job` is one notebook for one unit. :func:`run_jobs` checks every job before a
kernel starts, executes each notebook once, checks what came out and writes one page for
each language; :func:`write_manifest` and :func:`write_index` tell what was made.
"""

from cchc_analysis.report.jobs import Job, check_jobs, page_names, read_site
from cchc_analysis.report.manifest import JobResult, earlier_results, write_manifest
from cchc_analysis.report.run import remove_pages, run_jobs
from cchc_analysis.report.site import closing_table, write_index

__all__ = [
    "Job",
    "JobResult",
    "check_jobs",
    "closing_table",
    "earlier_results",
    "page_names",
    "read_site",
    "remove_pages",
    "run_jobs",
    "write_index",
    "write_manifest",
]
