"""What the graph holds, declared as data: one table for each idea, read by everything else."""
