//! The plugin that the tests drive: it can do everything wrong on command.
