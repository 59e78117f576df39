"""Engines that run the package's SQL; DuckDB is the one at hand."""
