//! Keeps the table of what runs, for the report of a crash.

use universal_worker_crash::activity;
use universal_worker_process::thread;
use universal_worker_service::LaneEvent as PluginThreadEvent;

pub(crate) fn on_event(event: &PluginThreadEvent<'_>) {
    match event {
        PluginThreadEvent::ThreadBegins => thread::use_signal_stack(),
        PluginThreadEvent::RunBegins(name)
        | PluginThreadEvent::ChangeBegins(name)
        | PluginThreadEvent::InquiryBegins(name) => activity::start(name),
        PluginThreadEvent::Idle => activity::finish(),
        _ => {}
    }
}
