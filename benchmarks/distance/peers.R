# One task of one R package; times and peak memory are those of the work alone.
# Rscript peers.R TABLE.csv TASK PACKAGE THREADS ANSWER.csv
asked <- commandArgs(TRUE)
task <- asked[2]; threads <- as.integer(asked[4])
rows <- read.csv(asked[1], colClasses = c(rep("numeric", 12), rep("factor", 35), "integer"))
family <- rows[[48]]
rows <- rows[, 1:47]
groups <- Filter(function(g) length(g) > 1, split(seq_len(nrow(rows)), family))
library(asked[3], character.only = TRUE)

size <- function(name) {
  line <- grep(name, readLines("/proc/self/status"), value = TRUE)
  as.numeric(strsplit(trimws(sub("^[^:]*:", "", line)), " +")[[1]][1]) * 1024
}
# Ranges are taken from the rows of a call: two more rows hold those of the whole table.
ends <- rows[1:2, ]
for (field in 1:12) ends[, field] <- range(rows[, field], na.rm = TRUE)

smallest <- function(line) sort(line, partial = 10)[1:10]
work <- list(
  gower = list(
    nearest = function() {
      found <- gower_topn(rows, rows, n = 11, nthread = threads)
      t(found$distance)[, 2:11]
    }
  ),
  cluster = list(
    nearest = function() {
      found <- as.matrix(daisy(rows, metric = "gower"))
      diag(found) <- Inf
      t(apply(found, 1, function(line) sort(smallest(line))))
    },
    matrix = function() as.matrix(daisy(rows, metric = "gower")),
    means = function() sapply(groups, function(g) {
      found <- as.matrix(daisy(rbind(rows[g, ], ends), metric = "gower"))[seq_along(g), seq_along(g)]
      sum(found) / (length(g) * (length(g) - 1))
    })
  )
)[[asked[3]]][[task]]

invisible(gc())
cat("5", file = "/proc/self/clear_refs")
before <- size("VmRSS")
began <- proc.time()[[3]]
answer <- suppressWarnings(work())
spent <- proc.time()[[3]] - began
cat(sprintf("MEASURED %.4f %.0f\n", spent, size("VmHWM") - before))
if (length(asked) > 4) write.table(answer, asked[5], sep = ",", row.names = FALSE, col.names = FALSE)
