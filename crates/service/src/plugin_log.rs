//! The log lines of plugins, written through the crate `log` of this program.

use universal_worker_abi::Level;

/// Whether a line would be written.
pub(crate) fn enabled(level: Level, target: &str) -> bool {
    let level = log_level(level);
    level <= log::max_level()
        && log::logger().enabled(&log::Metadata::builder().level(level).target(target).build())
}

/// Writes a line; the logger finds the id of the run under the key `run`.
pub(crate) fn write(level: Level, target: &str, message: &str, run: Option<&str>) {
    let level = log_level(level);
    if level > log::max_level() {
        return;
    }
    let run = run.map(|id| [("run", id)]);
    let pairs: &[(&str, &str)] = run.as_ref().map_or(&[], |pair| pair);
    log::logger().log(
        &log::Record::builder()
            .level(level)
            .target(target)
            .args(format_args!("{message}"))
            .key_values(&pairs)
            .build(),
    );
}

fn log_level(level: Level) -> log::Level {
    match level {
        Level::Error => log::Level::Error,
        Level::Warn => log::Level::Warn,
        Level::Info => log::Level::Info,
        Level::Debug => log::Level::Debug,
        Level::Trace => log::Level::Trace,
    }
}
