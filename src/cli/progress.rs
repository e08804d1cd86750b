//! A progress bar for runs that take long enough to wonder.

use std::sync::Once;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Shorter runs show nothing.
const PATIENCE: Duration = Duration::from_millis(500);

/// A bar on the standard error that shows itself when the run has taken a while.
pub(super) struct Progress {
    bar: ProgressBar,
    started: Instant,
    shown: Once,
    wanted: bool,
}

impl Progress {
    pub(super) fn new(wanted: bool) -> Self {
        Self { bar: ProgressBar::hidden(), started: Instant::now(), shown: Once::new(), wanted }
    }

    /// Tells how many of how many files are done.
    pub(super) fn update(&self, done: usize, total: usize) {
        if !self.wanted || self.started.elapsed() < PATIENCE {
            return;
        }
        self.shown.call_once(|| {
            self.bar.set_length(total as u64);
            if let Ok(style) = ProgressStyle::with_template("checking {bar:30} {pos} of {len} files") {
                self.bar.set_style(style);
            }
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        });
        self.bar.set_position(done as u64);
    }

    /// Removes the bar.
    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
