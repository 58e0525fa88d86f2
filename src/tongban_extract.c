int main(void)
{
    return 2; /* replaced by the extraction child's main when src/extract lands */
}
