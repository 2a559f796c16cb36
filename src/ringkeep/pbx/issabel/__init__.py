"""issabel"""
