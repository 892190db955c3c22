//! The stable binary interface between the universal worker and its plugins.
