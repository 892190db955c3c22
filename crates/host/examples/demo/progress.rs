//! Shows progress: a bar on a terminal, else lines.

use std::io::{IsTerminal, Write};
use std::time::Duration;

use universal_worker_host::Client;

/// Interval between two requests.
const TICK: Duration = Duration::from_millis(100);

/// Width of the bar in characters.
const WIDTH: usize = 40;

/// Polls the worker for progress and shows it.
#[derive(Debug)]
pub(crate) struct Bar {
    client: Client,
    terminal: bool,
    shown: bool,
    tenths: usize,
}

impl Bar {
    pub(crate) fn new(client: Client) -> Self {
        Self { client, terminal: std::io::stdout().is_terminal(), shown: false, tenths: 0 }
    }

    /// Waits for [`TICK`], then shows the progress of the run.
    pub(crate) async fn tick(&mut self) {
        tokio::time::sleep(TICK).await;
        if let Ok(report) = self.client.progress().await
            && (0.0..=1.0).contains(&report.progress)
        {
            self.show(report.progress);
        }
    }

    fn show(&mut self, progress: f64) {
        if self.terminal {
            let filled = (progress * WIDTH as f64) as usize;
            print!("\r  [{:<WIDTH$}] {:>3.0} %", "#".repeat(filled), progress * 100.0);
            // If the terminal is gone, the next line fails.
            let _ = std::io::stdout().flush();
            self.shown = true;
        } else if (progress * 10.0) as usize > self.tenths {
            self.tenths = (progress * 10.0) as usize;
            println!("  {} %", self.tenths * 10);
        }
    }

    /// Erases the bar, so that a line can be printed.
    pub(crate) fn clear(&mut self) {
        if std::mem::take(&mut self.shown) {
            print!("\r{:<1$}\r", "", WIDTH + 12);
        }
    }
}
