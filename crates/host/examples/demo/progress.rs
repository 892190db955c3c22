//! How far the plugin is: a bar where the output is a terminal, lines where it is not.

use std::io::IsTerminal;
use std::io::Write;
use std::time::Duration;

use universal_worker_host::Client;

/// Between two looks.
const TICK: Duration = Duration::from_millis(100);

/// Cells of the bar.
const WIDTH: usize = 40;

/// Asks the worker how far it is, and shows it.
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

    /// Waits a little, then shows how far the run is.
    pub(crate) async fn tick(&mut self) {
        tokio::time::sleep(TICK).await;
        if let Ok(told) = self.client.progress().await
            && (0.0..=1.0).contains(&told.progress)
        {
            self.show(told.progress);
        }
    }

    fn show(&mut self, progress: f64) {
        if self.terminal {
            let filled = (progress * WIDTH as f64) as usize;
            print!("\r  [{:<WIDTH$}] {:>3.0} %", "#".repeat(filled), progress * 100.0);
            // A terminal that is gone is told by the next line.
            let _ = std::io::stdout().flush();
            self.shown = true;
        } else if (progress * 10.0) as usize > self.tenths {
            self.tenths = (progress * 10.0) as usize;
            println!("  {} %", self.tenths * 10);
        }
    }

    /// Makes room for a line.
    pub(crate) fn clear(&mut self) {
        if std::mem::take(&mut self.shown) {
            print!("\r{:<1$}\r", "", WIDTH + 12);
        }
    }
}
