//! What follows `_order_by_`.

/// One field of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) struct Sort {
    pub(in super::super) field: String,
    pub(in super::super) descending: bool,
}

/// Reads `balance_desc_owner_asc`, with or without `_and_` in between; `None` if a field is missing.
///
/// A field called `asc`, `desc` or `x_and_y` can't be named here.
pub(super) fn read(words: &[&str]) -> Option<Vec<Sort>> {
    let mut sorts = Vec::new();
    let mut field: Vec<&str> = Vec::new();
    let mut after_direction = false;
    for &word in words {
        match word {
            "asc" | "desc" => {
                sorts.push(sort(&mut field, word == "desc")?);
                after_direction = true;
                continue;
            }
            "and" if after_direction => {}
            "and" => sorts.push(sort(&mut field, false)?),
            _ => field.push(word),
        }
        after_direction = false;
    }
    if words.last() == Some(&"and") || words.is_empty() {
        return None;
    }
    if !field.is_empty() {
        sorts.push(sort(&mut field, false)?);
    }
    Some(sorts)
}

fn sort(field: &mut Vec<&str>, descending: bool) -> Option<Sort> {
    if field.is_empty() {
        return None;
    }
    Some(Sort {
        field: std::mem::take(field).join("_"),
        descending,
    })
}
