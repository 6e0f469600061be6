#include "conf/nearest.h"

#include <stdint.h>
#include <string.h>

static size_t smallest(size_t a, size_t b, size_t c)
{
	size_t m = a < b ? a : b;
	return m < c ? m : c;
}

/* Letters that only differ in case, and the two ways to join words, are alike. */
static bool is_alike(char a, char b)
{
	char x = a >= 'A' && a <= 'Z' ? (char)(a - 'A' + 'a') : a, y = b >= 'A' && b <= 'Z' ? (char)(b - 'A' + 'a') : b;
	return x == y || (strchr("-_ ", x) && strchr("-_ ", y) && x && y);
}

/* Optimal string alignment: three rows of the matrix are enough. */
size_t nearest_distance(struct str a, struct str b)
{
	if (a.len > NEAREST_MAX_LEN || b.len > NEAREST_MAX_LEN)
		return SIZE_MAX;
	size_t rows[3][NEAREST_MAX_LEN + 1];
	for (size_t j = 0; j <= b.len; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= a.len; i++) {
		size_t *row = rows[i % 3], *above = rows[(i + 2) % 3], *two_above = rows[(i + 1) % 3];
		row[0] = i;
		for (size_t j = 1; j <= b.len; j++) {
			row[j] = smallest(above[j] + 1, row[j - 1] + 1,
					  above[j - 1] + !is_alike(a.data[i - 1], b.data[j - 1]));
			bool is_swap = i > 1 && j > 1 && is_alike(a.data[i - 1], b.data[j - 2]) &&
				       is_alike(a.data[i - 2], b.data[j - 1]);
			if (is_swap && two_above[j - 2] + 1 < row[j])
				row[j] = two_above[j - 2] + 1;
		}
	}
	return rows[a.len % 3][b.len];
}

void nearest_start(struct nearest *n, struct str text)
{
	*n = (struct nearest){.text = text, .distance = SIZE_MAX};
}

void nearest_offer(struct nearest *n, struct str candidate)
{
	/* A third of the letters may be wrong, and one of a short word; a word that was cut off is as good as one letter wrong. */
	size_t longer = n->text.len > candidate.len ? n->text.len : candidate.len;
	size_t allowed = longer < 6 ? 1 : longer / 3;
	bool is_cut_off = n->text.len >= 3 && n->text.len < candidate.len && str_starts_with(candidate, n->text);
	size_t distance = is_cut_off ? 1 : nearest_distance(n->text, candidate);
	if (distance <= allowed && distance < n->distance && distance < longer) {
		n->best = candidate;
		n->distance = distance;
	}
}
