//! What is logged, and how to change that while the operator runs.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use thiserror::Error;
use tracing_subscriber::filter::{LevelFilter, ParseError};
use tracing_subscriber::reload::{self, Handle};
use tracing_subscriber::{EnvFilter, Registry};

/// What a layer asks whether a line is to be written.
pub type Filter = reload::Layer<EnvFilter, Registry>;

/// Why a level is not taken.
#[derive(Debug, Error)]
pub enum LevelError {
    /// A word that is no level; tracing would take it for the name of a module, and log nothing else.
    #[error(
        "{0:?} is no level: write off, error, warn, info, debug or trace, and for one module warmlambda::aws=debug; several with commas"
    )]
    Word(String),
    /// It cannot be read.
    #[error("{1:?} cannot be read ({0}): write for instance debug, or info,warmlambda::aws=debug")]
    Directives(ParseError, String),
    /// The log is not there any more.
    #[error("the level was not changed: {0}")]
    Reload(#[from] reload::Error),
}

/// The level of the log.
#[derive(Clone)]
pub struct LogLevel(Arc<Shared>);

struct Shared {
    handle: Handle<EnvFilter, Registry>,
    /// What the process was started with.
    initial: String,
    current: Mutex<Current>,
}

struct Current {
    directives: String,
    /// Counts the changes, so that an earlier one does not end a later one.
    changes: u64,
}

impl fmt::Debug for LogLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("LogLevel").field(&self.get()).finish()
    }
}

impl LogLevel {
    /// The level, and the filter that follows it.
    ///
    /// # Errors
    /// See [`LevelError`].
    pub fn new(directives: &str) -> Result<(Self, Filter), LevelError> {
        let (filter, handle) = Filter::new(parse(directives)?);
        let current = Current {
            directives: directives.to_owned(),
            changes: 0,
        };
        let shared = Shared {
            handle,
            initial: directives.to_owned(),
            current: Mutex::new(current),
        };
        Ok((Self(Arc::new(shared)), filter))
    }

    /// What is logged now, as directives.
    pub fn get(&self) -> String {
        self.lock().directives.clone()
    }

    /// Logs by other directives from now on; with a time, only for that long, and then as at the start of the process.
    ///
    /// # Errors
    /// See [`LevelError`]; then nothing has changed.
    pub fn set(&self, directives: &str, lasting: Option<Duration>) -> Result<(), LevelError> {
        let change = self.change(directives)?;
        if let Some(time) = lasting {
            let level = self.clone();
            tokio::spawn(async move {
                tokio::time::sleep(time).await;
                if level.lock().changes == change {
                    // What was read at the start can be read again.
                    let _ = level.change(&level.0.initial);
                }
            });
        }
        Ok(())
    }

    fn change(&self, directives: &str) -> Result<u64, LevelError> {
        let filter = parse(directives)?;
        let mut current = self.lock();
        self.0.handle.reload(filter)?;
        directives.clone_into(&mut current.directives);
        current.changes += 1;
        Ok(current.changes)
    }

    fn lock(&self) -> MutexGuard<'_, Current> {
        self.0.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn parse(directives: &str) -> Result<EnvFilter, LevelError> {
    let mut bare = directives.split(',').map(str::trim).filter(|part| !part.contains(['=', '[']));
    if let Some(word) = bare.find(|word| word.is_empty() || word.parse::<LevelFilter>().is_err()) {
        return Err(LevelError::Word(word.to_owned()));
    }
    EnvFilter::try_new(directives).map_err(|error| LevelError::Directives(error, directives.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_that_is_no_level_is_refused_with_the_levels() {
        for wrong in ["verbose", "info,hyper", "", "info,", "warmlambda"] {
            let said = parse(wrong).err().map(|e| e.to_string()).unwrap_or_default();
            assert!(said.contains("is no level: write off, error, warn"), "{wrong:?}: {said}");
        }
        let said = parse("warmlambda=loud").err().map(|e| e.to_string()).unwrap_or_default();
        assert!(said.contains("write for instance debug"), "{said}");
        for right in [
            "debug",
            "INFO",
            "info,warmlambda::aws=debug",
            "info,[reconcile{name=fir}]=debug",
            "off",
        ] {
            assert!(parse(right).is_ok(), "{right}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_change_for_a_time_ends_and_one_that_followed_does_not() {
        let (level, _filter) = LogLevel::new("info").unwrap();
        level.set("debug", Some(Duration::from_mins(10))).unwrap();
        assert_eq!(level.get(), "debug");
        assert!(level.set("verbose", None).is_err());
        assert_eq!(level.get(), "debug");
        tokio::time::sleep(Duration::from_mins(11)).await;
        assert_eq!(level.get(), "info");
        level.set("debug", Some(Duration::from_mins(10))).unwrap();
        level.set("trace", None).unwrap();
        tokio::time::sleep(Duration::from_mins(11)).await;
        assert_eq!(level.get(), "trace");
    }
}
