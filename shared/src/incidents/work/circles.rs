//! What waits for itself in the end: the strongly connected parts of a graph, by Kosaraju's two
//! walks, without recursion, since people decide how deep it goes.

/// Gives every place the number of its circle; a place that is in none has a number of its own.
/// `next` names the places that each one leads to.
pub(super) fn circles(next: &[Vec<usize>]) -> Vec<usize> {
    let mut back = vec![Vec::new(); next.len()];
    for (from, ways) in next.iter().enumerate() {
        for &to in ways {
            back[to].push(from);
        }
    }
    let mut left = Vec::with_capacity(next.len());
    let mut seen = vec![false; next.len()];
    for start in 0..next.len() {
        walk(start, next, &mut seen, |place| left.push(place));
    }
    let mut circle = vec![0; next.len()];
    let mut seen = vec![false; next.len()];
    for (number, &start) in left.iter().rev().enumerate() {
        walk(start, &back, &mut seen, |place| circle[place] = number);
    }
    circle
}

/// Walks to all that is not seen yet, and tells each place as the walk leaves it for good.
fn walk(start: usize, next: &[Vec<usize>], seen: &mut [bool], mut leave: impl FnMut(usize)) {
    if std::mem::replace(&mut seen[start], true) {
        return;
    }
    let mut way = vec![(start, 0)];
    while let Some((place, tried)) = way.last_mut() {
        if let Some(&to) = next[*place].get(*tried) {
            *tried += 1;
            if !std::mem::replace(&mut seen[to], true) {
                way.push((to, 0));
            }
        } else {
            leave(*place);
            way.pop();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::circles;

    #[test]
    fn places_share_a_number_exactly_when_each_leads_to_the_other() {
        let next = [
            vec![1],
            vec![2],
            vec![0, 3],
            vec![4],
            vec![],
            vec![5],
            vec![4],
        ];
        let circle = circles(&next);
        assert!(circle[0] == circle[1] && circle[1] == circle[2]);
        let mut others = vec![circle[0], circle[3], circle[4], circle[5], circle[6]];
        others.sort_unstable();
        others.dedup();
        assert_eq!(others.len(), 5);
    }
}
