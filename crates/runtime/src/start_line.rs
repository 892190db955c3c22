//! The line in the log that says what is served, where, and within which limits.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use universal_worker_abi::ClassInfo;
use universal_worker_listen::Listener;
use universal_worker_process::thread;
use universal_worker_sanitize as sanitize;
use universal_worker_service::Limits;

use crate::hooks::Hooks;
use crate::plugin_label::PluginLabel;

/// The line without the digest of the plugin's file, which takes a while.
pub(crate) struct StartLine {
    plugin: String,
    rest: String,
}

impl StartLine {
    /// The line for a service with these `limits` in force.
    pub(crate) fn new(
        label: &PluginLabel,
        class: &ClassInfo,
        listeners: &[Listener],
        concurrency: Option<NonZeroU32>,
        limits: &Limits,
    ) -> Self {
        let version = sanitize::name(&class.version);
        let plugin = format!("{label}, {} {version}", sanitize::name(&class.name));
        let places: Vec<String> = listeners.iter().map(ToString::to_string).collect();
        let concurrency = concurrency.map_or(class.concurrency, NonZeroU32::get);
        let limits = limits_text(limits);
        let (pid, worker) = (std::process::id(), env!("CARGO_PKG_VERSION"));
        let rest = format!(
            "on {}; concurrency {concurrency}, {limits}; pid {pid}, worker {worker}",
            sanitize::one_line(&places.join(", "))
        );
        Self { plugin, rest }
    }

    /// Logs the line, on a thread of its own that leaves the processor to others: the digest of a
    /// large library takes a second.
    pub(crate) fn log(self, hooks: &Arc<dyn Hooks>) {
        if !log::log_enabled!(log::Level::Info) {
            return;
        }
        let line = Arc::new(self);
        let (this, hooks) = (Arc::clone(&line), Arc::clone(hooks));
        let log = move || {
            thread::lower_priority();
            log::info!("{}", this.text(hooks.sha256().as_deref()));
        };
        if let Err(error) = thread::spawn("start-line", "the digest of the plugin", log) {
            log::warn!("{error}");
            log::info!("{}", line.text(None));
        }
    }

    fn text(&self, sha256: Option<&str>) -> String {
        let Self { plugin, rest } = self;
        let sha256 = sha256.map(|sha256| format!(" (sha256 {sha256})")).unwrap_or_default();
        format!("serving {plugin}{sha256} {rest}")
    }
}

fn limits_text(limits: &Limits) -> String {
    let seconds = |limit: Duration| format!("{} s", limit.as_secs_f64());
    let mut text = format!(
        "queue {}, run timeout {}, body {} bytes, bodies {} bytes, connections {}",
        limits.queue,
        limits.run_timeout.map_or_else(|| "none".to_owned(), seconds),
        limits.max_body,
        limits.max_body_total,
        limits.max_connections,
    );
    if let Some(max_rss) = limits.max_rss {
        text += &format!(", memory {max_rss} bytes");
    }
    text
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::os::unix::net::UnixListener;

    use super::*;

    #[test]
    fn the_line_says_what_is_served_where_and_within_which_limits() {
        let class: ClassInfo = serde_json::from_str(
            r#"{"class":"C","name":"c","version":"1.2","concurrency":3,
                "config_schema":{},"args_schema":{},"output_schema":{}}"#,
        )
        .unwrap();
        let label = PluginLabel { module: "./libc.so".to_owned(), class: Some("C".to_owned()) };
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("s");
        let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
        let place = format!("http://{}, {}", tcp.local_addr().unwrap(), path.display());
        let unix = UnixListener::bind(path).unwrap();
        let listeners = [Listener::Tcp(tcp), Listener::Unix(unix)];
        let mut limits = Limits::default();
        limits.run_timeout = Some(Duration::from_millis(1500));
        limits.max_rss = Some(9);
        let line = StartLine::new(&label, &class, &listeners, None, &limits);
        let start = format!(
            "serving ./libc.so:C, c 1.2 (sha256 ab) on {place}; concurrency 3, queue 16, run timeout \
             1.5 s, body 67108864 bytes, "
        );
        let text = line.text(Some("ab"));
        assert!(text.starts_with(&start), "{text}");
        assert!(text.contains(", memory 9 bytes; pid "), "{text}");
        assert!(line.text(None).starts_with("serving ./libc.so:C, c 1.2 on http"));
    }
}
