//! Pages of a list: 25 entries unless asked otherwise, at most 500; AWS gives neither number (AWS-109).

use crate::world::Answer;

use super::errors::bad_request;

/// Which part of a list is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// What the previous page answered; none for the first.
    pub next_token: Option<String>,
    /// Entries per page, a number as text.
    pub max_results: Option<String>,
}

/// One page, and where the next begins.
#[derive(Clone, Debug, PartialEq)]
pub struct Paged<T> {
    /// The entries.
    pub items: Vec<T>,
    /// To be sent for the next page; none on the last.
    pub next_token: Option<String>,
}

impl Page {
    /// Cuts one page out of the whole list.
    ///
    /// # Errors
    /// 400 when the token is none that a page answered, or the number is none.
    pub(super) fn of<T>(&self, all: Vec<T>) -> Answer<Paged<T>> {
        let start = match &self.next_token {
            None => 0,
            Some(token) => token
                .strip_prefix("after-")
                .and_then(|n| n.parse::<usize>().ok())
                .ok_or_else(|| bad_request("Invalid nextToken specified"))?,
        };
        let limit = match &self.max_results {
            None => 25,
            Some(text) => match text.parse::<usize>() {
                Ok(number @ 1..) => number.min(500),
                _ => return Err(bad_request("Invalid maxResults specified")),
            },
        };
        let end = start.saturating_add(limit);
        let next_token = (end < all.len()).then(|| format!("after-{end}"));
        Ok(Paged {
            items: all.into_iter().skip(start).take(limit).collect(),
            next_token,
        })
    }
}
