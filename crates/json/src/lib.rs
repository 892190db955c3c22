//! Any `Serialize` value to JSON text, with the options of Python's `JSONEncoder`.
