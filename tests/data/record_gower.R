# Rscript record_gower.R FOLDER K: distances of gower_gaps_rows.csv by R's gower and cluster.
library(gower)
library(cluster)
asked <- commandArgs(TRUE)
k <- as.integer(asked[2])
kinds <- c("integer", rep("factor", 3), rep("numeric", 4))
rows <- read.csv(file.path(asked[1], "gower_gaps_rows.csv"), colClasses = kinds,
                 na.strings = "")[, -1]
weights <- c(2, 1, 0.5, 2, 1.5, 1, 0.25) # type, act, tied, width, depth, heads, theta
n <- nrow(rows)

pairs <- data.frame(i = rep(0:(n - 1), each = n), j = rep(0:(n - 1), n))
pairs <- pairs[pairs$i < pairs$j, ]
plain <- as.matrix(daisy(rows, metric = "gower"))
a <- rows[pairs$i + 1, ]
b <- rows[pairs$j + 1, ]
pairs$daisy <- plain[cbind(pairs$i + 1, pairs$j + 1)]
pairs$gower <- gower_dist(a, b)
pairs$weighted <- gower_dist(a, b, weights = weights)

# the row itself, or a copy at the same place, comes first
near <- gower_topn(rows, rows, n = k + 1)$distance
weighted <- gower_topn(rows, rows, n = k + 1, weights = weights)$distance
nearest <- data.frame(row = rep(0:(n - 1), each = k), rank = rep(1:k, n),
                      gower = c(near[-1, ]), weighted = c(weighted[-1, ]))

options(digits = 15)
write.csv(pairs, file.path(asked[1], "gower_gaps_pairs.csv"), row.names = FALSE, na = "")
write.csv(nearest, file.path(asked[1], "gower_gaps_nearest.csv"), row.names = FALSE, na = "")
cat(R.version.string, "gower", format(packageVersion("gower")),
    "cluster", format(packageVersion("cluster")), "\n")
