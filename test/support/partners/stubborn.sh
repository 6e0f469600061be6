#!/bin/sh
# stubborn: does not end when it is asked to.
trap "" TERM
while :; do
	sleep 1
done
