"""Instruction following: does a response keep what a program can check?"""
