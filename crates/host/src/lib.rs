//! Spawns, calls and ends a universal worker.
