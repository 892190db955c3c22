//! The exit codes as data: for `--help`, the manual page and the documentation.

/// An exit code and its meaning.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ExitCode {
    /// The code, or `signal`.
    pub(crate) code: &'static str,
    /// When the worker ends with it.
    pub(crate) when: &'static str,
    /// The last line on stderr, as Markdown.
    pub(crate) last_line: &'static str,
}

/// The exit codes of `exec`.
pub(crate) const EXEC_EXIT_CODES: &[ExitCode] = &[
    ExitCode {
        code: "the command's",
        when: "the command has ended, also when it was asked to; or 0 if it was never started \
               because the parent had exited or the lease was closed",
        last_line: "none, or what asked for the end and what had to be killed",
    },
    ExitCode {
        code: "signal",
        when: "the command ended by this signal; as the first process of a pid namespace, 128 plus \
               its number",
        last_line: "the same",
    },
    ExitCode {
        code: "2",
        when: "usage error",
        last_line: "`error: ` and the cause, with the nearest right option",
    },
    ExitCode {
        code: "4",
        when: "a process could not be killed within --stop-grace",
        last_line: "`universal-worker exec: stopped: ` and the reason, with the pids",
    },
    ExitCode {
        code: "70",
        when: "the system allows no more processes or files",
        last_line: "`universal-worker exec: ` and the limit",
    },
    ExitCode {
        code: "126",
        when: "the command cannot be executed",
        last_line: "`universal-worker exec: ` and the cause",
    },
    ExitCode {
        code: "127",
        when: "the command, or its interpreter, is not found",
        last_line: "`universal-worker exec: ` and which",
    },
];

/// All exit codes, in ascending order; the last row is the end by a signal.
pub(crate) const EXIT_CODES: &[ExitCode] = &[
    ExitCode {
        code: "0",
        when: "orderly stop: a signal (SIGTERM, SIGINT or SIGHUP), the parent exited, the \
               lease closed, the idle timeout, or a drain (POST /drain, --max-runs, --recycle-rss)",
        last_line: "`stopped: ` and the reason",
    },
    ExitCode {
        code: "1",
        when: "the plugin did not load or initialize, or its run failed (--check --execute)",
        last_line: "`FATAL: Failed to load MODULE:CLASS - ` and the cause, with a hint",
    },
    ExitCode {
        code: "2",
        when: "usage error",
        last_line: "`error: ` and the cause, with the nearest right option",
    },
    ExitCode {
        code: "3",
        when: "cannot listen, or cannot write the announcement",
        last_line: "`FATAL: cannot listen on ADDRESS: ` and the cause",
    },
    ExitCode {
        code: "4",
        when: "stopped, but had to abandon a run or the cleanup; or a run is wedged \
               (--exit-when-wedged)",
        last_line: "`stopped: ` and the reason, with what was abandoned after how many seconds",
    },
    ExitCode {
        code: "70",
        when: "internal error of the worker, or the system allows no more threads",
        last_line: "`FATAL: ` and what to report",
    },
    ExitCode {
        code: "signal",
        when: "the plugin crashed the process",
        last_line: "`FATAL: SIGSEGV at 0x8 in plugin …` and the current runs; a backtrace follows",
    },
];
