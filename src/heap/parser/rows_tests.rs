//! The fast way against splitting at commas.

use proptest::prelude::*;

use super::*;

/// All that is read of `text`, and how many bytes of it.
fn read<const N: usize>(text: &str) -> (Vec<Vec<u64>>, usize) {
    let mut found = Vec::new();
    let taken = read_rows::<N>(text.as_bytes(), &mut |row| {
        found.push(row[..N].to_vec());
        Ok(())
    })
    .unwrap();
    (found, taken)
}

#[test]
fn numbers_of_any_length_keep_their_value() {
    let mut text = String::new();
    let mut expected = Vec::new();
    let mut value = 0_u64;
    for length in 0..17 {
        for number in [value, 10_u64.pow(length) - 1, 10_u64.pow(length) / 3] {
            if number < 10_000_000_000_000_000 {
                text += &format!("{number},7,0\n,");
                expected.push(vec![number, 7, 0]);
            }
        }
        value = value * 10 + u64::from(length % 10);
    }
    text += &"1,2,3\n,".repeat(64);
    let (found, _) = read::<3>(&text);
    assert_eq!(found[..expected.len()], expected);
}

#[test]
fn what_is_unusual_is_left() {
    let usual = "1,2,3\n,".repeat(20);
    for odd in [
        "1, 2,3\n,",
        "1,2,3 \n,",
        "1,,3\n,",
        "-1,2,3\n,",
        "1,2,3.0\n,",
        "1,2,3\n]",
        "1,2,3]",
        "1,2\n,3,",
        "12345678901234567,2,3\n,",
        "1,2,3\n\n,",
        "1,2,x\n,",
    ] {
        let (found, taken) = read::<3>(&(usual.clone() + odd + &usual));
        assert_eq!(taken, usual.len(), "{odd}");
        assert_eq!(found.len(), 20, "{odd}");
    }
}

proptest! {
    #[test]
    fn agrees_with_splitting_at_commas(
        rows in prop::collection::vec(prop::array::uniform5(0_u64..u64::MAX >> 12), 0..2000),
        shift in prop::collection::vec(0_u32..52, 1..50),
        lines in any::<bool>(),
    ) {
        let rows: Vec<Vec<u64>> = rows
            .iter()
            .enumerate()
            .map(|(place, row)| row.iter().map(|n| n >> shift[place % shift.len()]).collect())
            .collect();
        let mut text = String::new();
        for row in &rows {
            let numbers: Vec<String> = row.iter().map(u64::to_string).collect();
            text += &numbers.join(",");
            text += if lines { "\n," } else { "," };
        }
        let (found, taken) = read::<5>(&text);
        prop_assert_eq!(&rows[..found.len()], &found[..]);
        let left = text[taken..].len();
        prop_assert!(left < 5 * NUMBER, "{} bytes left", left);
    }
}
