//! How a called path fits a declared one.

/// How well one path part fits; the smaller, the more specific.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::world) enum Fit {
    Static,
    Variable,
    Greedy,
}

/// How each declared part fits the called ones; none when the path does not. The smaller the answer, the more specific the declared path.
pub(in crate::world) fn fit(declared: &str, called: &[&str]) -> Option<Vec<Fit>> {
    let parts: Vec<&str> = declared.split('/').filter(|part| !part.is_empty()).collect();
    let mut fits = Vec::new();
    for (n, part) in parts.iter().enumerate() {
        let called = called.get(n)?;
        if part.ends_with("+}") {
            fits.push(Fit::Greedy);
            return Some(fits);
        }
        if part.starts_with('{') {
            fits.push(Fit::Variable);
        } else if part == called {
            fits.push(Fit::Static);
        } else {
            return None;
        }
    }
    (parts.len() == called.len()).then_some(fits)
}
